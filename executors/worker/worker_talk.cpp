// What a warm process says and prints, and which attempt it is for.
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>
#include <variant>

#include "executors/process/proc.hpp"
#include "executors/protocol/sentences.hpp"
#include "executors/worker/errand.hpp"
#include "executors/worker/pool.hpp"
#include "executors/worker/worker_process.hpp"

namespace reeve::executors::worker {
namespace {

namespace asio = boost::asio;
using process::read_some;

constexpr std::int64_t most_backlog = 1 << 20;
constexpr std::chrono::seconds closed_time{1};        // between the end of the protocol and the end of the process
constexpr int most_faults = 100;                      // that are no attempt's
constexpr int most_reads = 16;                        // of one pipe at the end of a task; a pipe holds no more
constexpr int most_looks = 3;                         // at processes that end while they are looked at

// Of use to nobody without a task, and no fault.
bool is_idle_talk(const protocol::Message& message) {
  const bool idle = std::holds_alternative<protocol::SignOfLife>(message.body) || std::holds_alternative<protocol::Ready>(message.body) ||
                    std::holds_alternative<protocol::LogMessage>(message.body);
  return idle && !message.task;
}

Answer refusal_of(const protocol::Message& message) {
  if (const auto* fault = std::get_if<protocol::Fault>(&message.body)) return {.code = "bad_message", .message = fault->what};
  return {.code = "lease_lost", .message = "the message is for no attempt that this worker has; it changed nothing"};
}

}  // namespace

template <class Reader>
void WorkerProcess::spawn(Reader reader) {
  ++readers_;
  asio::co_spawn(ground_.loop, std::move(reader), [this](std::exception_ptr problem) {
    if (problem) break_off("its output could not be read");
    --readers_;
    news_.ring();
  });
}

void WorkerProcess::begin_reading() {
  spawn(read_output(Stream::stdout_));
  spawn(read_output(Stream::stderr_));
  spawn(read_protocol());
}

asio::awaitable<void> WorkerProcess::read_output(Stream stream) {
  auto& from = stream == Stream::stderr_ ? err_ : out_;
  Bell& room = room_[stream == Stream::stderr_ ? 1 : 0];
  while (const auto count = co_await read_some(from, ground_.buffer)) {
    print(stream, std::string_view(ground_.buffer.data(), count));
    if (crowded() != nullptr) co_await heed_backlog(room);
  }
}

asio::awaitable<void> WorkerProcess::read_protocol() {
  while (const auto count = co_await read_some(talk_, ground_.buffer)) {
    hear(decoder_.feed(std::string_view(ground_.buffer.data(), count)));
    if (crowded() != nullptr) {
      frame_.end();                                   // what is not read is not its silence
      co_await heed_backlog(room_[2]);
    }
    frame_.look(decoder_, news_);
  }
  hear(decoder_.finish());
  frame_.end();
  if (!exited_ && !ending_) closed_deadline_ = Bell::after(closed_time);
}

// An attempt whose observer holds more than it should: until it has less, nothing more is read.
Errand* WorkerProcess::crowded() {
  const auto full = std::find_if(errands_.begin(), errands_.end(), [](Errand* errand) { return errand->observer().backlog_bytes() > most_backlog; });
  return full == errands_.end() || !heeding_ ? nullptr : *full;
}

asio::awaitable<void> WorkerProcess::heed_backlog(Bell& room) {
  while (Errand* errand = crowded()) {
    errand->observer().when_drained([line = line_] {
      if (line->owner == nullptr) return;
      for (Bell& each : line->owner->room_) each.ring();
    });
    co_await room.wait(Bell::never);
  }
}

void WorkerProcess::print(Stream stream, std::string_view bytes) {
  if (errands_.empty()) last_words_.hear(stream, bytes);
  else errands_.front()->print(stream, bytes);
}

// What it printed before it said how the task ended is in the pipe already.
void WorkerProcess::read_what_is_there(asio::posix::stream_descriptor& from, Stream stream) {
  std::array<char, 4096> bytes;
  for (int reads = 0; reads < most_reads && from.is_open(); ++reads) {
    const auto count = ::read(from.native_handle(), bytes.data(), bytes.size());
    if (count <= 0) return;
    print(stream, std::string_view(bytes.data(), static_cast<std::size_t>(count)));
  }
}

void WorkerProcess::hear(std::vector<protocol::Message> messages) {
  for (protocol::Message& message : messages) hear(std::move(message));
  if (decoder_.line_too_long())
    break_off("a protocol line longer than " + std::to_string(protocol::line_limit(birth_.process->result_bytes_max)) + " bytes; raise the limit of the result or hand over a file");
}

void WorkerProcess::hear(protocol::Message message) {
  if (stage_ == Stage::starting && std::holds_alternative<protocol::Ready>(message.body)) return get_ready(message);
  Errand* errand = meant(message);
  if (errand == nullptr) return stray(message);
  const bool terminal = std::holds_alternative<protocol::Terminal>(message.body);
  const protocol::Dialogue::Reply reply = [line = line_](const std::string& answer) {
    if (line->owner != nullptr) line->owner->say(answer);
  };
  errand->dialogue().take(std::move(message), reply);
  const bool lives = stage_ == Stage::serving && !killed_ && !exited_;
  if (terminal && errand->spoken() && lives) finish(*errand);
}

Errand* WorkerProcess::meant(const protocol::Message& message) {
  if (!message.task) return errands_.size() == 1 && !message.epoch ? errands_.front() : nullptr;
  const auto found = std::find_if(errands_.begin(), errands_.end(), [&](Errand* errand) { return errand->is(*message.task, message.epoch); });
  return found == errands_.end() ? nullptr : *found;
}

void WorkerProcess::get_ready(const protocol::Message& message) {
  stage_ = Stage::serving;
  ready_deadline_ = Bell::never;
  gauge_ = Gauge(static_cast<int>(pid_));
  household_ = tree_.members();
  presence_.is_idle();
  if (!message.id.empty()) say(protocol::answer_line(message.id, {}));
  pool_.ready(*this);
}

void WorkerProcess::stray(const protocol::Message& message) {
  const Answer answer = is_idle_talk(message) ? Answer{} : refusal_of(message);
  if (!message.id.empty()) say(protocol::answer_line(message.id, answer));
  if (answer.code.empty() || ++faults_ <= most_faults) return;
  break_off("more than 100 messages for no attempt that it has; the last one: " + answer.message);
}

void WorkerProcess::take(Errand& errand) {
  errands_.push_back(&errand);
  cpu_before_ = gauge_.cpu();
  show(errand);
  errand.begin(*this, pid_);
  outbox_.hand_over(protocol::task_order(errand.execution()));
}

void WorkerProcess::forget(Errand& errand) {
  std::erase(errands_, &errand);
  if (errands_.empty()) presence_.is_idle();
}

bool WorkerProcess::shows_tasks() const { return pool_.spec().parallel == 1; }

void WorkerProcess::show(Errand& errand) {
  if (!shows_tasks()) return;
  presence_.takes(errand.execution());
  errand.seen_by(&presence_);
  presence_.watched_by(errand.observer());
}

void WorkerProcess::show_stopping(StopReason reason) {
  if (shows_tasks()) presence_.stopping(reason);
}

void WorkerProcess::finish(Errand& errand) {
  read_what_is_there(out_, Stream::stdout_);
  read_what_is_there(err_, Stream::stderr_);
  const auto resident = measure(errand);
  if (errands_.size() == 1) {
    const auto children = company();
    if (!children.empty()) return leave_children(errand, children);
  }
  forget(errand);
  for (Bell& room : room_) room.ring();
  errand.finish();
  hang_up();
  pool_.finished(*this, errand, resident);
}

// With several tasks at once nobody can say whose the time was.
std::optional<std::int64_t> WorkerProcess::measure(Errand& errand) {
  const auto resident = gauge_.resident();
  ResourceUse use;
  if (pool_.spec().parallel == 1) use.cpu_user = std::chrono::duration_cast<std::chrono::microseconds>(gauge_.cpu() - cpu_before_);
  use.max_rss_kib = resident.value_or(0) >> 10;
  errand.used(use);
  return resident;
}

std::vector<int> WorkerProcess::company() {
  std::vector<int> found = tree_.members();
  for (int looks = 1; tree_.unsure() && looks < most_looks; ++looks) found = tree_.members();
  // One that is gone is forgotten, so that its number means nobody.
  if (!tree_.unsure()) std::erase_if(household_, [&](int pid) { return std::find(found.begin(), found.end(), pid) == found.end(); });
  std::erase_if(found, [this](int pid) { return std::find(household_.begin(), household_.end(), pid) != household_.end(); });
  return found;
}

// The worker is replaced with them: who left children may have left other things. Its burial ends the attempt.
void WorkerProcess::leave_children(Errand& errand, const std::vector<int>& children) {
  std::vector<LeftChild> left;
  for (const int pid : children) left.push_back(LeftChild{pid, process::read_command(pid)});
  errand.leave_behind(std::move(left));
  kill();
}

}  // namespace reeve::executors::worker

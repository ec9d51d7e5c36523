#include "executors/process/conversation.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace reeve::executors::process {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t most_backlog = 1 << 20;
constexpr std::size_t most_unread = 1 << 20;

}  // namespace

// Held by the conversation and by the observer's promise to call back.
struct Conversation::Mouth {
  Conversation* owner = nullptr;
};

Conversation::Conversation(const asio::any_io_executor& loop, const Execution& execution, Observer& observer, Bell& news, ReadBuffer& buffer,
                           Pipes& pipes)
    : execution_(execution), observer_(observer), news_(news), buffer_(buffer), out_(loop), err_(loop), talk_(loop),
      room_{Bell(loop), Bell(loop), Bell(loop)}, mouth_(std::make_shared<Mouth>()),
      capture_(execution.process->output, [this](OutputLine line) { pass(std::move(line)); }),
      decoder_(protocol::line_limit(execution.process->result_bytes_max)),
      dialogue_({execution.task, execution.epoch}, observer,
                {.log = [this](OutputLine line) { capture_.entry(std::move(line)); }, .news = [this] { news_.ring(); }},
                protocol::line_limit(execution.process->result_bytes_max)),
      outbox_(talk_, most_unread, [this] { dialogue_.break_off("it does not read what it is answered: more than 1 MiB wait"); }) {
  mouth_->owner = this;
  out_.assign(pipes.out.ours.get());
  (void)pipes.out.ours.release();
  err_.assign(pipes.err.ours.get());
  (void)pipes.err.ours.release();
  talk_.assign(pipes.talk.ours.get());
  (void)pipes.talk.ours.release();
}

Conversation::~Conversation() { mouth_->owner = nullptr; }

template <class Reader>
void Conversation::spawn(Reader reader) {
  ++readers_;
  asio::co_spawn(out_.get_executor(), std::move(reader), [this](std::exception_ptr problem) {
    if (problem) dialogue_.break_off("its output could not be read");
    --readers_;
    news_.ring();
  });
}

void Conversation::begin() {
  observer_.listening(&dialogue_);
  spawn(read_output(Stream::stdout_));
  spawn(read_output(Stream::stderr_));
  spawn(read_protocol());
}

// The observer holds more than it should: until it has less, nothing more is read.
bool Conversation::crowded() const { return heeding_ && observer_.backlog_bytes() > most_backlog; }

asio::awaitable<void> Conversation::heed_backlog(Bell& room) {
  while (crowded()) {
    observer_.when_drained([mouth = mouth_] {
      if (mouth->owner == nullptr) return;
      for (Bell& each : mouth->owner->room_) each.ring();
    });
    co_await room.wait(Bell::never);
  }
}

asio::awaitable<void> Conversation::read_output(Stream stream) {
  auto& from = stream == Stream::stderr_ ? err_ : out_;
  Bell& room = room_[stream == Stream::stderr_ ? 1 : 0];
  while (const auto count = co_await read_some(from, buffer_)) {
    take_output(stream, std::string_view(buffer_.data(), count));
    co_await heed_backlog(room);
  }
}

asio::awaitable<void> Conversation::read_protocol() {
  while (const auto count = co_await read_some(talk_, buffer_)) {
    take(decoder_.feed(std::string_view(buffer_.data(), count)));
    if (crowded()) {
      frame_.end();                                   // what is not read is not its silence
      co_await heed_backlog(room_[2]);
    }
    frame_.look(decoder_, news_);
  }
  take(decoder_.finish());
  frame_.end();
}

void Conversation::take_output(Stream stream, std::string_view bytes) {
  if (stream == Stream::stdout_ && execution_.process->result == ResultBy::stdout_) return take_printed_result(bytes);
  passed_ = false;
  capture_.print(stream, bytes);
  if (!passed_) observer_.alive();
}

// One byte more than allowed is kept, to tell a result that fits from one that does not.
void Conversation::take_printed_result(std::string_view bytes) {
  const auto room = static_cast<std::size_t>(execution_.process->result_bytes_max + 1) - printed_.size();
  printed_.append(bytes.substr(0, room));
  observer_.alive();
}

void Conversation::take(std::vector<protocol::Message> messages) {
  const protocol::Dialogue::Reply reply = [mouth = mouth_](const std::string& line) {
    if (mouth->owner != nullptr) mouth->owner->say(line);
  };
  for (protocol::Message& message : messages) dialogue_.take(std::move(message), reply);
  if (decoder_.line_too_long())
    dialogue_.break_off("a protocol line longer than " + std::to_string(protocol::line_limit(execution_.process->result_bytes_max)) +
                        " bytes; raise the limit of the result or hand over a file");
}

void Conversation::frame_overdue() {
  frame_.end();
  dialogue_.break_off(protocol::FrameWatch::overdue);
}

void Conversation::pass(OutputLine line) {
  passed_ = true;
  observer_.output(std::move(line));
}

void Conversation::stop_waiting_for_observer() {
  heeding_ = false;
  for (Bell& room : room_) room.ring();
}

void Conversation::close() {
  observer_.listening(nullptr);
  boost::system::error_code ignored;
  out_.close(ignored);
  err_.close(ignored);
  talk_.close(ignored);
}

}  // namespace reeve::executors::process

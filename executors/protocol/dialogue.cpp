#include "executors/protocol/dialogue.hpp"

#include <utility>

#include "executors/protocol/sentences.hpp"

namespace reeve::executors::protocol {
namespace {

constexpr int most_faults = 100;
constexpr std::int64_t line_room = 64 << 10;   // of a result's line besides its value

Answer refused(std::string code, std::string message) { return {.code = std::move(code), .message = std::move(message)}; }

}  // namespace

struct Dialogue::Line {
  Dialogue* owner = nullptr;
};

std::size_t line_limit(std::int64_t result_bytes_max) { return static_cast<std::size_t>(result_bytes_max + line_room); }

Dialogue::Dialogue(Addressee ours, Observer& observer, Hooks hooks, std::size_t line_bytes)
    : ours_(ours), observer_(observer), hooks_(std::move(hooks)), line_bytes_(line_bytes), line_(std::make_shared<Line>()) {
  line_->owner = this;
}

Dialogue::~Dialogue() { line_->owner = nullptr; }

void Dialogue::hear(std::string_view line, Reply reply) {
  if (line.size() <= line_bytes_) return take(understand(line, Channel::answered_anyway), reply, Channel::answered_anyway);
  const std::string what = "a message of " + std::to_string(line.size()) + " bytes; at most " + std::to_string(line_bytes_) + " are taken";
  fault(what);
  reply(answer_line({}, refused("message_too_long", what + "; hand over a reference to what is larger"), stopping_));
}

bool Dialogue::is_ours(const Message& message) const {
  return message.task.value_or(ours_.task) == ours_.task && message.epoch.value_or(ours_.epoch) == ours_.epoch;
}

void Dialogue::take(Message message, const Reply& reply, Channel channel) {
  const bool wanted = !message.id.empty() || channel == Channel::answered_anyway;
  const auto say = [&](const Answer& answer) {
    if (wanted) reply(answer_line(message.id, answer, stopping_));
  };
  if (!is_ours(message)) {
    fault("a message for task " + std::to_string(message.task.value_or(ours_.task)) + ", epoch " +
          std::to_string(message.epoch.value_or(ours_.epoch)) + ", which is not the attempt that runs");
    return say(refused("lease_lost", "the message is for another attempt than the one that runs; it changed nothing"));
  }
  struct Take {
    Dialogue& self;
    const Reply& reply;
    const std::string& id;
    const decltype(say)& answer;
    void operator()(SignOfLife&) const { self.observer_.alive(), answer({}); }
    void operator()(Ready&) const { self.observer_.alive(), answer({}); }
    void operator()(ProgressReport& report) const { self.observer_.progress(std::move(report)), answer({}); }
    void operator()(LogMessage& log) const {
      self.hooks_.log(std::move(log.line));
      if (log.percent) {
        ProgressReport report;
        report.percent = log.percent;
        self.observer_.progress(std::move(report));
      }
      answer({});
    }
    void operator()(Terminal& terminal) const { answer(self.take_terminal(std::move(terminal))); }
    void operator()(LeaseMessage& lease) const { answer(self.take_lease(std::move(lease))); }
    void operator()(Request& request) const {
      self.ask(std::move(request), [to = reply, id = id, line = self.line_](const Answer& given) {
        to(answer_line(id, given, line->owner != nullptr ? line->owner->stopping_ : std::nullopt));
      });
    }
    void operator()(NotAvailable& missing) const {
      self.observer_.alive();
      answer(refused("not_available", missing.type + " is not available here"));
    }
    void operator()(Fault& fault) const {
      self.fault(fault.what);
      answer(refused("bad_message", fault.what));
    }
  };
  std::visit(Take{*this, reply, message.id, say}, message.body);
}

Answer Dialogue::take_terminal(Terminal terminal) {
  if (said_) {
    fault("a second result, error, reject, snooze or suspend; the first one counts");
    return refused("too_late", "the attempt has said how it ended already; the first one counts");
  }
  if (std::holds_alternative<SuspendMessage>(terminal) && !suspending_) {
    fault("a suspend although nothing it asked for told it to");
    return refused("bad_message", "suspend is only for an attempt that was told \"suspend\":true");
  }
  said_ = std::move(terminal);
  observer_.alive();
  hooks_.news();
  return {};
}

Answer Dialogue::take_lease(LeaseMessage message) {
  if (!hooks_.renew) {
    fault("a renew, release or status of an attempt that has no lease");
    return refused("bad_message", "renew, release and status are for attempts that a remote worker claimed");
  }
  if (auto* status = std::get_if<StatusMessage>(&message)) return take_status(std::move(*status));
  observer_.alive();
  if (std::holds_alternative<ReleaseMessage>(message)) return hooks_.release(), Answer{};
  const auto lease = hooks_.renew(std::get<RenewMessage>(message).lease);
  return {.members = "{\"lease_ms\":" + std::to_string(lease.count()) + "}"};
}

Answer Dialogue::take_status(StatusMessage status) {
  observer_.alive();
  if (!status.stage.empty()) {
    ProgressReport report;
    report.label = status.stage;
    observer_.progress(std::move(report));
    OutputLine entry;
    entry.stream = Stream::entry;
    entry.message = std::move(status.stage);
    entry.meta = std::move(status.meta);
    hooks_.log(std::move(entry));
  }
  if (!status.end) return {};
  return take_terminal(std::move(*status.end));
}

void Dialogue::ask(Request request, std::function<void(const Answer&)> answer) {
  observer_.alive();
  name_wait(request);
  ++unanswered_;
  observer_.request(std::move(request), [line = line_, answer = std::move(answer)](const Answer& given) {
    answer(given);
    if (line->owner != nullptr) line->owner->answered(given);
  });
}

void Dialogue::answered(const Answer& answer) {
  --unanswered_;
  suspending_ |= answer.suspend;
  if (answer.suspend || unanswered_ == 0) hooks_.news();
}

// The n-th wait of its sort in this attempt, so that the n-th of the next one finds it.
void Dialogue::name_wait(Request& request) {
  const auto give = [](std::string& name, const char* sort, int& count) {
    ++count;
    if (name.empty()) name = std::string(sort) + "#" + std::to_string(count);
  };
  if (auto* sleep = std::get_if<Sleep>(&request)) give(sleep->name, "sleep", sleeps_);
  else if (auto* signal = std::get_if<AwaitSignal>(&request)) give(signal->name, "signal", signals_);
  else if (auto* tasks = std::get_if<AwaitTasks>(&request)) give(tasks->name, "tasks", task_waits_);
}

void Dialogue::fault(const std::string& what) {
  observer_.protocol_fault(what);
  if (++faults_ > most_faults) break_off("more than 100 protocol faults; the last one: " + what);
}

void Dialogue::break_off(std::string why) {
  if (broken_) return;
  broken_ = std::move(why);
  hooks_.news();
}

}  // namespace reeve::executors::protocol

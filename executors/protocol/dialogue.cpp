#include "executors/protocol/dialogue.hpp"

#include <utility>

#include "executors/protocol/sentences.hpp"

namespace reeve::executors::protocol {
namespace {

constexpr int most_faults = 100;

Answer refused(std::string code, std::string message) { return {.code = std::move(code), .message = std::move(message)}; }

}  // namespace

struct Dialogue::Line {
  Dialogue* owner = nullptr;
};

Dialogue::Dialogue(Addressee ours, Observer& observer, Hooks hooks)
    : ours_(ours), observer_(observer), hooks_(std::move(hooks)), line_(std::make_shared<Line>()) {
  line_->owner = this;
}

Dialogue::~Dialogue() { line_->owner = nullptr; }

void Dialogue::hear(std::string_view line, Reply reply) { take(understand(line, Channel::answered_anyway), reply, Channel::answered_anyway); }

bool Dialogue::is_ours(const Message& message) const {
  return message.task.value_or(ours_.task) == ours_.task && message.epoch.value_or(ours_.epoch) == ours_.epoch;
}

void Dialogue::take(Message message, const Reply& reply, Channel channel) {
  const bool wanted = !message.id.empty() || channel == Channel::answered_anyway;
  const auto say = [&](const Answer& answer) {
    if (wanted) reply(answer_line(message.id, answer));
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
    void operator()(Terminal& terminal) const {
      if (self.said_) {
        self.fault("a second result, error, reject, snooze or suspend; the first one counts");
        return answer(refused("too_late", "the attempt has said how it ended already; the first one counts"));
      }
      if (std::holds_alternative<SuspendMessage>(terminal) && !self.suspending_) {
        self.fault("a suspend although nothing it asked for told it to");
        return answer(refused("bad_message", "suspend is only for an attempt that was told \"suspend\":true"));
      }
      self.take_terminal(std::move(terminal));
      answer({});
    }
    void operator()(Request& request) const {
      self.ask(std::move(request), [to = reply, id = id](const Answer& given) { to(answer_line(id, given)); });
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

void Dialogue::take_terminal(Terminal terminal) {
  said_ = std::move(terminal);
  observer_.alive();
  hooks_.news();
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

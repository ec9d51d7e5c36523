#include "cli/attempt_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_slice.hpp"
#include "cli/selector.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/waiting.hpp"

namespace reeve::cli {
namespace {

// `wait` and `take` are a handler's words, for its own mailbox; anything else names the task that gets a signal. No id reads like them.
class Signal final : public Verb {
 public:
  About about() const override {
    return {"signal", "send a signal to a task; in a handler: wait for one, or take one",
            "  reeve signal 17 approved '{\"by\":\"ann\"}'\n"
            "  answer=$(reeve signal wait approved --timeout 1d) || exit     in a handler; the payload, 75 suspended, 124 timed out\n"
            "  next=$(reeve signal take)                                     in a handler; 1 when the mailbox is empty\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.required("TASK|wait|take", word_, "id or ext:external-id; wait, take: the mailbox of this handler's task");
    grammar.optional("TYPE", type_, "the type of the signal; for wait and take any when left out");
    grammar.optional("PAYLOAD", payload_, "JSON; null when left out");
    grammar.option("--timeout", timeout_, "DURATION", "wait: no longer than this (exit code 124)");
    grammar.option("--name", name_, "NAME", "wait, take: what this is known by when the handler runs again");
  }

  int run(Session& session) override {
    if (word_ == "wait" || word_ == "take") return receive(session);
    return send(session);
  }

 private:
  int send(Session& session) const {
    if (timeout_ || name_) throw UsageError("--timeout and --name belong to `reeve signal wait`; sending a signal takes neither");
    if (!type_ || type_->empty()) throw UsageError("send what? Name the type: reeve signal " + word_ + " approved");
    if (payload_)
      if (const std::string fault = fault_in_json(*payload_); !fault.empty())
        throw UsageError("the payload is not JSON: " + fault + "; a text needs quotes of its own: '\"hello\"'");
    JsonObject signal{};
    signal.add("type", *type_).add_raw("payload", payload_.value_or("null"));
    const Answer answer = session.daemon().post("/v1/tasks/" + path_of_task(word_) + "/signals", signal.text());
    if (session.json()) session.print(answer.body);
    return ExitCode::ok;
  }

  int receive(Session& session) const {
    AttemptLine line(session);
    if (payload_) throw UsageError("reeve signal " + word_ + " takes a type and no payload");
    if (timeout_ && word_ == "take") throw UsageError("--timeout belongs to `reeve signal wait`; take does not wait");
    JsonObject message = message_of("signal." + word_);
    if (type_) message.add("signal", *type_);
    if (const auto timeout = timeout_in(timeout_)) message.add("timeout_ms", static_cast<std::int64_t>(timeout->count()));
    if (name_) message.add("name", *name_);
    const std::string answer = line.ask(message);
    const Object said = parse_object(answer);
    if (is_suspended(said)) return exit_code_suspended;
    if (is_set_in(said, "timeout")) return ExitCode::timed_out;
    const std::string_view signal = member_of(answer, "signal").value_or("null");
    if (signal == "null") return ExitCode::failed;
    session.print(session.json() ? signal : member_of(signal, "payload").value_or("null"));
    return ExitCode::ok;
  }

  std::string word_{};
  std::optional<std::string> type_{};
  std::optional<std::string> payload_{};
  std::optional<std::string> timeout_{};
  std::optional<std::string> name_{};
};

}  // namespace

std::unique_ptr<Verb> make_signal() { return std::make_unique<Signal>(); }

}  // namespace reeve::cli

#include <ostream>

#include "cli/attempt_line.hpp"
#include "cli/child.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_slice.hpp"
#include "cli/selector.hpp"
#include "cli/step_output.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Step final : public Verb {
 public:
  About about() const override {
    return {"step", "in a handler: run a command once ever; later attempts get what it printed",
            "  reeve step download -- curl -fsSo /srv/in/a.bin https://example.com/a.bin\n"
            "  rows=$(reeve step count -- wc -l /srv/in/a.bin) || exit\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.required("NAME", name_, "of the step, unique in the task");
    grammar.option("--input", input_, "JSON", "kept with the step");
    grammar.after_dashes("the command and its arguments", command_);
  }

  int run(Session& session) override {
    AttemptLine line(session);
    if (command_.empty() || command_.front().empty()) throw UsageError("run what? Put the command after two dashes: reeve step " + name_ + " -- make");
    const std::string begun = line.ask(beginning());
    const Object answer = parse_object(begun);
    if (is_set_in(answer, "done")) return print(session, member_of(begun, "output").value_or("null"));
    if (is_set_in(answer, "cancel")) return stop(session, line);
    const ChildEnd end = run_child(command_);
    if (end.exit_code != 0) return fail(session, line, end);
    return keep(session, line, end.output);
  }

 private:
  [[nodiscard]] JsonObject beginning() const {
    JsonObject message = message_of("step.begin");
    message.add("name", name_);
    if (!input_) return message;
    if (const std::string fault = fault_in_json(*input_); !fault.empty()) throw UsageError("--input is not JSON: " + fault);
    message.add_raw("input", *input_);
    return message;
  }

  void tell_failure(AttemptLine& line, const std::string& code, const std::string& message) const {
    const std::string error = JsonObject{}.add("code", code).add("message", message).text();
    line.tell(message_of("step.end").add("name", name_).add_raw("error", error));
  }

  int stop(Session& session, AttemptLine& line) const {
    tell_failure(line, "cancelled", "the task was asked to end before the step began");
    session.say("reeve: step " + name_ + " is not run: the task was asked to end");
    return ExitCode::interrupted;
  }

  int fail(Session& session, AttemptLine& line, const ChildEnd& end) const {
    const std::string code = end.fault.empty() ? "exit_" + std::to_string(end.exit_code) : "not_started";
    tell_failure(line, code, end.fault.empty() ? command_.front() + " ended with " + std::to_string(end.exit_code) : end.fault);
    session.out() << end.output;
    if (!end.fault.empty()) session.say("reeve: step " + name_ + ": " + end.fault);
    return end.exit_code;
  }

  // What is printed now is what a later attempt will print.
  int keep(Session& session, AttemptLine& line, const std::string& printed) const {
    std::string output{};
    try {
      output = step_output_of(printed);
    } catch (const UsageError&) {
      tell_failure(line, "bad_output", "what the command printed is not UTF-8");
      session.say("reeve: step " + name_ + ": what " + command_.front() + " printed is not UTF-8; write it to a file and print its name");
      return ExitCode::bad_data;
    }
    line.tell(message_of("step.end").add("name", name_).add_raw("output", output));
    return print(session, output);
  }

  static int print(Session& session, std::string_view output) {
    session.out() << printed_of(output);
    return ExitCode::ok;
  }

  std::string name_{};
  std::optional<std::string> input_{};
  std::vector<std::string> command_{};
};

}  // namespace

std::unique_ptr<Verb> make_step() { return std::make_unique<Step>(); }

}  // namespace reeve::cli

#include <ostream>

#include "cli/compose/check.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

template <class Item, class ToJson>
std::string array_of(const std::vector<Item>& items, ToJson to_json) {
  std::string array{};
  for (const Item& item : items) array += (array.empty() ? "" : ",") + to_json(item);
  return "[" + array + "]";
}

std::string finding_json(const compose::CheckedFinding& finding) {
  return JsonObject{}
      .add("file", finding.file)
      .add("line", finding.line)
      .add("column", finding.column)
      .add("path", finding.path)
      .add("message", finding.message)
      .text();
}

std::string handler_json(const compose::CheckedHandler& handler) {
  return JsonObject{}
      .add("kind", handler.kind)
      .add("executor", handler.executor)
      .add("queue", handler.queue)
      .add("what", handler.what)
      .add("limits", handler.limits)
      .text();
}

class Check final : public Verb {
 public:
  About about() const override {
    return {"check", "read the configuration and say what is wrong, without a daemon or a store; 1 on errors",
            "  reeve check\n"
            "  reeve check --config reeve.yaml && reeve reload\n"};
  }
  void declare(Grammar& grammar) override { grammar.optional("FILE", file_, "in place of --config"); }

  int run(Session& session) override {
    const compose::CheckReport report = compose::check({file_.value_or(session.options().config), {}}, compose::surroundings(session.environment()));
    if (session.json()) print_json(session, report);
    else print(session, report);
    return report.errors.empty() ? ExitCode::ok : ExitCode::failed;
  }

 private:
  static void print_json(const Session& session, const compose::CheckReport& report) {
    session.print(JsonObject{}
                      .add("file", report.file)
                      .add("files", report.files)
                      .add_raw("ok", report.errors.empty() ? "true" : "false")
                      .add("store", report.store)
                      .add("socket", report.socket)
                      .add_raw("handlers", array_of(report.handlers, handler_json))
                      .add_raw("errors", array_of(report.errors, finding_json))
                      .add_raw("warnings", array_of(report.warnings, finding_json))
                      .text());
  }

  static void print(const Session& session, const compose::CheckReport& report) {
    for (const auto& error : report.errors) session.say(safe_line(error.text));
    for (const auto& warning : report.warnings) session.say("warning: " + safe_line(warning.text));
    if (!report.errors.empty()) {
      session.say(report.file + ": " + std::to_string(report.errors.size()) + (report.errors.size() == 1 ? " error" : " errors"));
      return;
    }
    Table table({{"KIND", false, true}, {"EXECUTOR", false, false}, {"QUEUE", false, false}, {"LIMITS", false, false}, {"WHAT", false, true}});
    for (const auto& handler : report.handlers)
      table.add({{handler.kind, Tone::strong, {}}, {handler.executor, Tone::plain, {}}, {handler.queue, Tone::plain, {}},
                 {handler.limits, Tone::plain, {}}, {handler.what, Tone::plain, {}}});
    if (!table.empty()) table.print(session.out(), session.paper());
    session.say(report.file.empty() ? "no configuration file: the defaults hold" : report.file + ": no errors");
    session.say("store " + report.store + ", socket " + report.socket);
  }

  std::optional<std::string> file_{};
};

}  // namespace

std::unique_ptr<Verb> make_check() { return std::make_unique<Check>(); }

}  // namespace reeve::cli

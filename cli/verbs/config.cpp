// config list, show, diff: the revisions of the configuration.
#include <ostream>
#include <utility>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/plan_text.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class ConfigList final : public Verb {
 public:
  About about() const override {
    return {"config list", "the configurations that were in force, the newest first; says when a restart would go back to another",
            "  reeve config list\n"
            "  reeve config list -n 5 --json\n"};
  }
  void declare(Grammar& grammar) override { grammar.option("-n,--limit", limit_, "N", "at most so many; 50 when left out"); }

  int run(Session& session) override {
    const Answer answer = session.daemon().get("/v1/config/revisions?limit=" + std::to_string(limit_.value_or(50)));
    if (session.json()) {
      session.print(answer.body);
      return ExitCode::ok;
    }
    const Object list = answer.object();
    Table table({{"REVISION", true}, {"WHEN"}, {"SOURCE"}, {"BY"}, {"HASH"}, {"COMMENT", false, true}});
    for (const auto& each : array_in(list, "revisions")) {
      const Object& row = as_object(each);
      std::vector<Cell> cells;
      cells.push_back(Cell{std::to_string(integer_in(row, "revision").value_or(0))});
      cells.push_back(session.when(moment_in(row, "at")));
      for (const char* name : {"source", "actor"}) cells.push_back(Cell{text_in(row, name)});
      cells.push_back(Cell{text_in(row, "hash").substr(0, 12)});
      cells.push_back(Cell{text_in(row, "comment")});
      table.add(std::move(cells));
    }
    table.print(session.out(), session.paper());
    say_drift(session);
    return ExitCode::ok;
  }

 private:
  static void say_drift(Session& session) {
    const Answer answer = session.daemon().get("/v1/config");
    const Object config = answer.object();
    if (is_set_in(config, "in_file")) return;
    session.say("what is in force is not what " + one_line(text_in(config, "file")) + " says; a restart goes back to the file (reeve plan shows how they differ)");
  }
  std::optional<int> limit_{};
};

class ConfigShow final : public Verb {
 public:
  About about() const override {
    return {"config show", "the files of one revision, as they were",
            "  reeve config show 7\n"
            "  reeve config show 7 > /etc/reeve/reeve.yaml     when it has one file\n"};
  }
  void declare(Grammar& grammar) override { grammar.required("REVISION", revision_, "its number; see reeve config list"); }

  int run(Session& session) override {
    const Answer answer = session.daemon().get("/v1/config/revisions/" + percent_encoded(revision_));
    if (session.json()) {
      session.print(answer.body);
      return ExitCode::ok;
    }
    const Object revision = answer.object();
    const Object& configuration = object_in(revision, "configuration");
    const Array& files = array_in(configuration, "files");
    for (const auto& each : files) {
      const Object& file = as_object(each);
      if (files.size() > 1) session.out() << "# " << one_line(text_in(file, "name")) << "\n";
      const std::string text = text_in(file, "text");
      session.out() << (session.terminal().out ? safe_text(text) : text);
    }
    if (files.empty()) session.say("this revision has no file: it is all defaults");
    return ExitCode::ok;
  }

 private:
  std::string revision_{};
};

class ConfigDiff final : public Verb {
 public:
  About about() const override {
    return {"config diff", "what differs between two revisions, key by key",
            "  reeve config diff 6 7\n"};
  }
  void declare(Grammar& grammar) override {
    grammar.required("FROM", from_, "the number of a revision");
    grammar.required("TO", to_, "the number of another");
  }

  int run(Session& session) override {
    const Answer answer = session.daemon().get("/v1/config/revisions/" + percent_encoded(from_) + "/changes?to=" + percent_encoded(to_));
    const Object changes = answer.object();
    const std::string text = plan_text(changes);
    if (session.json()) session.print(answer.body);
    else session.out() << text;
    if (text.empty()) session.say("they do not differ");
    return ExitCode::ok;
  }

 private:
  std::string from_{};
  std::string to_{};
};

}  // namespace

std::unique_ptr<Verb> make_config_list() { return std::make_unique<ConfigList>(); }
std::unique_ptr<Verb> make_config_show() { return std::make_unique<ConfigShow>(); }
std::unique_ptr<Verb> make_config_diff() { return std::make_unique<ConfigDiff>(); }

}  // namespace reeve::cli

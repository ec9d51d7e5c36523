// plan, apply, rollback: changing the configuration of a running daemon.
#include <ostream>

#include "cli/compose/gather.hpp"
#include "cli/compose/settings.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/plan_text.hpp"
#include "cli/problem.hpp"
#include "cli/session.hpp"
#include "cli/selector.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

// The body of a request: the files of `file`, or the daemon's own when none is named.
JsonObject body_with(const Session& session, const std::optional<std::string>& file) {
  JsonObject body{};
  if (file) body.add_raw("configuration", compose::gather(*file, compose::surroundings(session.environment())));
  return body;
}

void say_each(const Session& session, const Object& object, const char* name) {
  for (const auto& text : array_in(object, name)) session.say(one_line(shown(text)));
}

// What all of them have in common: a file that cannot be used is a list of sentences, not a failure of the program.
class ConfigVerb : public Verb {
 public:
  int run(Session& session) final {
    try {
      return ask(session);
    } catch (const Problem& problem) {
      if (problem.status() != 422) throw;
      if (session.json()) session.print(problem.body());
      say_each(session, parse_object(problem.body()), "errors");
      session.say("nothing was changed");
      return ExitCode::failed;
    } catch (const compose::BadConfiguration& bad) {
      for (const std::string& error : bad.errors()) session.say(one_line(error));
      session.say("nothing was changed");
      return ExitCode::failed;
    }
  }

 protected:
  virtual int ask(Session& session) = 0;

  static int report(const Session& session, const Answer& answer) {
    const Object done = answer.object();
    if (session.json()) session.print(answer.body);
    else session.out() << plan_text(done);
    say_each(session, done, "warnings");
    const std::string number = std::to_string(integer_in(done, "revision").value_or(0));
    session.say(is_set_in(done, "changed") ? "revision " + number + " is in force" : "nothing differs from revision " + number + ", which stays in force");
    const std::string file = text_in(done, "file");
    if (is_set_in(done, "in_file")) return ExitCode::ok;
    session.say(file.empty() ? "the daemon has no file: a restart forgets this" : "a restart goes back to what " + one_line(file) + " says; write it there to keep it");
    return ExitCode::ok;
  }
};

class Plan final : public ConfigVerb {
 public:
  About about() const override {
    return {"plan", "show what a configuration would change against the one in force; 0 nothing, 4 something",
            "  reeve plan                                  the daemon's own file, as it is now\n"
            "  reeve plan new.yaml                         another\n"};
  }
  void declare(Grammar& grammar) override { grammar.optional("FILE", file_, "the daemon's own file when left out"); }

 protected:
  int ask(Session& session) override {
    const Answer answer = session.daemon().post("/v1/config/plan", body_with(session, file_).text());
    const Object plan = answer.object();
    const std::string text = plan_text(plan);
    if (session.json()) session.print(answer.body);
    else session.out() << text;
    say_each(session, plan, "warnings");
    if (text.empty()) session.say("nothing would change");
    return text.empty() ? ExitCode::ok : ExitCode::would_change;
  }

 private:
  std::optional<std::string> file_{};
};

class Apply final : public ConfigVerb {
 public:
  About about() const override {
    return {"apply", "put a configuration in force: all of it or, when it has errors, nothing",
            "  reeve apply                                 the daemon's own file, as it is now\n"
            "  reeve apply new.yaml --comment 'more mail at night'\n"
            "  reeve apply new.yaml --if-revision 7        only if nobody else was faster\n"};
  }
  void declare(Grammar& grammar) override {
    grammar.optional("FILE", file_, "the daemon's own file when left out");
    grammar.option("--comment", comment_, "TEXT", "kept with the revision");
    grammar.option("--if-revision", if_revision_, "N", "refuse unless revision N is in force");
  }

 protected:
  int ask(Session& session) override {
    JsonObject body = body_with(session, file_);
    if (comment_) body.add("comment", *comment_);
    if (if_revision_) body.add("if_revision", std::int64_t{*if_revision_});
    return report(session, session.daemon().post("/v1/config/apply", body.text()));
  }

 private:
  std::optional<std::string> file_{};
  std::optional<std::string> comment_{};
  std::optional<int> if_revision_{};
};

class Rollback final : public ConfigVerb {
 public:
  About about() const override {
    return {"rollback", "put an earlier revision of the configuration in force again",
            "  reeve rollback                              the one before\n"
            "  reeve rollback 7 --comment 'the new limits were too low'\n"};
  }
  void declare(Grammar& grammar) override {
    grammar.optional("REVISION", revision_, "the one before when left out; see reeve config list");
    grammar.option("--comment", comment_, "TEXT", "kept with the new revision");
  }

 protected:
  int ask(Session& session) override {
    JsonObject body{};
    if (revision_) body.add_raw("revision", checked(*revision_));
    if (comment_) body.add("comment", *comment_);
    return report(session, session.daemon().post("/v1/config/rollback", body.text()));
  }

 private:
  static const std::string& checked(const std::string& text) {
    const bool number = !text.empty() && text.size() < 10 && text.front() != '0' && text.find_first_not_of("0123456789") == std::string::npos;
    if (!number) throw UsageError("'" + one_line(text) + "' is no number of a revision; see reeve config list");
    return text;
  }
  std::optional<std::string> revision_{};
  std::optional<std::string> comment_{};
};

}  // namespace

std::unique_ptr<Verb> make_plan() { return std::make_unique<Plan>(); }
std::unique_ptr<Verb> make_apply() { return std::make_unique<Apply>(); }
std::unique_ptr<Verb> make_rollback() { return std::make_unique<Rollback>(); }

}  // namespace reeve::cli

// The verb about the database files of applications.
#include <filesystem>

#include "cli/compose/offline_inbox.hpp"
#include "cli/compose/store_exit.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class OutboxInit final : public Verb {
 public:
  About about() const override {
    return {"outbox init", "make the table reeve_outbox in an application's SQLite file; again does no harm",
            "  reeve outbox init /srv/shop/app.db\n"
            "  sqlite3 /srv/shop/app.db \"INSERT INTO reeve_outbox (kind, payload) VALUES ('mail.send', '{}')\"\n"};
  }
  void declare(Grammar& grammar) override { grammar.required("FILE", file_, "the application's database; must exist"); }

  int run(Session& session) override {
    try {
      return report(session, compose::make_outbox(file_));
    } catch (const store::StoreError& error) {
      session.say("reeve: " + safe_line(error.what()));
      return compose::exit_code_of(error.kind());
    }
  }

 private:
  [[nodiscard]] int report(const Session& session, const store::OutboxMade& made) const {
    const std::string path = std::filesystem::absolute(file_).lexically_normal().string();
    if (session.json()) {
      session.print(JsonObject{}
                        .add("path", path)
                        .add_raw("created", made.created ? "true" : "false")
                        .add_raw("extended", made.extended ? "true" : "false")
                        .add("journal_mode", made.journal_mode)
                        .text());
      return ExitCode::ok;
    }
    const char* what = made.created ? "made the table reeve_outbox in " : made.extended ? "added what is new to reeve_outbox in " : "reeve_outbox is there already, in ";
    session.say(what + path);
    if (made.journal_mode != "wal")
      session.say("its journal mode is " + made.journal_mode + ": reeve and the application lock each other out for the length of a write; "
                  "with PRAGMA journal_mode = WAL they do not");
    session.say("declare it, if that is not done yet: outbox: " + path);
    return ExitCode::ok;
  }

  std::string file_{};
};

}  // namespace

std::unique_ptr<Verb> make_outbox_init() { return std::make_unique<OutboxInit>(); }

}  // namespace reeve::cli

// The verbs about the store's file. They work beside a running daemon and without one.
#include <filesystem>
#include <map>
#include <ostream>

#include "cli/compose/offline_store.hpp"
#include "cli/compose/store_exit.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

constexpr std::chrono::minutes long_enough{30};  // for a large store to be read or copied

// A store verb asks the daemon, unless a file is named or nobody answers: then it opens the file for reading.
class StoreVerb : public Verb {
 public:
  void declare(Grammar& grammar) override { grammar.option("--store", store_, "FILE", "this file, without asking a daemon"); }

  int run(Session& session) override {
    try {
      if (store_) return offline(session, url(session));
      try {
        return online(session);
      } catch (const api::Unreachable&) {
        const std::string file = url(session);
        session.say("no daemon answers; reading " + file);
        return offline(session, file);
      }
    } catch (const store::StoreError& error) {
      session.say("reeve: " + safe_line(error.what()));
      return compose::exit_code_of(error.kind());
    }
  }

 protected:
  virtual int online(Session& session) = 0;
  virtual int offline(Session& session, const std::string& url) = 0;

 private:
  [[nodiscard]] std::string url(const Session& session) const {
    return compose::store_url(store_.value_or(""), {session.options().config, {}}, compose::surroundings(session.environment()));
  }
  std::optional<std::string> store_{};
};

class StoreCheck final : public StoreVerb {
 public:
  About about() const override {
    return {"store check", "look for damage and broken invariants; 1 if there are any",
            "  reeve store check\n"
            "  reeve store check --store copy-of-reeve.db\n"};
  }

 protected:
  int online(Session& session) override {
    const Answer answer = session.daemon().get("/v1/store/check", long_enough);
    std::vector<std::string> faults{};
    const Object found = answer.object();
    for (const auto& fault : array_in(found, "faults")) faults.push_back(shown(fault));
    if (!session.json()) return report(session, faults);
    session.print(answer.body);
    return faults.empty() ? ExitCode::ok : ExitCode::failed;
  }
  int offline(Session& session, const std::string& url) override {
    const std::vector<std::string> faults = compose::faults_in_store(url);
    if (!session.json()) return report(session, faults);
    session.print(JsonObject{}.add_raw("ok", faults.empty() ? "true" : "false").add("faults", faults).text());
    return faults.empty() ? ExitCode::ok : ExitCode::failed;
  }

 private:
  static int report(const Session& session, const std::vector<std::string>& faults) {
    for (const std::string& fault : faults) session.print(one_line(fault));
    session.say(faults.empty() ? "the store is sound" : "the store has " + std::to_string(faults.size()) + (faults.size() == 1 ? " fault" : " faults"));
    return faults.empty() ? ExitCode::ok : ExitCode::failed;
  }
};

class StoreBackup final : public StoreVerb {
 public:
  About about() const override {
    return {"store backup", "write a consistent copy, while the daemon works or without it", "  reeve store backup /backup/reeve-$(date +%F).db\n"};
  }
  void declare(Grammar& grammar) override {
    grammar.required("FILE", file_, "must not exist yet");
    StoreVerb::declare(grammar);
  }

 protected:
  // The daemon has another working directory.
  int online(Session& session) override {
    const Answer answer = session.daemon().post("/v1/store/backup", JsonObject{}.add("path", absolute()).text(), {}, long_enough);
    return report(session, integer_in(answer.object(), "bytes").value_or(0));
  }
  int offline(Session& session, const std::string& url) override {
    compose::back_up_store(url, absolute());
    std::error_code ignored{};
    return report(session, static_cast<std::int64_t>(std::filesystem::file_size(absolute(), ignored)));
  }

 private:
  [[nodiscard]] std::string absolute() const { return std::filesystem::absolute(file_).lexically_normal().string(); }
  [[nodiscard]] int report(const Session& session, std::int64_t bytes) const {
    if (session.json()) session.print(JsonObject{}.add("path", absolute()).add("bytes", bytes).text());
    else session.say("wrote " + absolute() + ", " + std::to_string(bytes) + " bytes");
    return ExitCode::ok;
  }
  std::string file_{};
};

class StoreStats final : public StoreVerb {
 public:
  About about() const override {
    return {"store stats", "how large the store is and what is in it", "  reeve store stats\n"};
  }

 protected:
  int online(Session& session) override {
    const Answer answer = session.daemon().get("/v1/status");
    const Object status = answer.object();
    const Object& counts = object_in(status, "counts");
    std::map<std::string, std::int64_t> by_status{};
    for (const auto& row : array_in(counts, "queues"))
      by_status[text_in(as_object(row), "status")] += integer_in(as_object(row), "count").value_or(0);
    const Object& facts = object_in(status, "store");
    store::StoreFacts known{};
    known.engine = text_in(facts, "engine");
    known.location = text_in(facts, "location");
    known.durability = text_in(facts, "durability");
    known.schema = integer_in(facts, "schema").value_or(0);
    known.file_bytes = integer_in(facts, "file_bytes").value_or(0);
    known.wal_bytes = integer_in(facts, "wal_bytes").value_or(0);
    known.inbox_waiting = integer_in(facts, "inbox_waiting").value_or(0);
    known.inbox_refused = integer_in(facts, "inbox_refused").value_or(0);
    return report(session, known, by_status);
  }
  int offline(Session& session, const std::string& url) override {
    const compose::StoreNumbers numbers = compose::numbers_of_store(url);
    std::map<std::string, std::int64_t> by_status{};
    for (const store::CountRow& row : numbers.counts) by_status[std::string(store::name(row.status))] += row.count;
    return report(session, numbers.facts, by_status);
  }

 private:
  static int report(const Session& session, const store::StoreFacts& facts, const std::map<std::string, std::int64_t>& counts) {
    if (session.json()) return print_json(session, facts, counts);
    Table table({{"WHAT", false, false}, {"VALUE", false, true}});
    const auto add = [&table](const std::string& name, const std::string& value) { table.add({{name, Tone::plain, {}}, {value, Tone::plain, {}}}); };
    add("engine", facts.engine);
    add("location", facts.location);
    add("durability", facts.durability);
    add("schema", std::to_string(facts.schema));
    add("file bytes", std::to_string(facts.file_bytes));
    add("wal bytes", std::to_string(facts.wal_bytes));
    add("inbox rows waiting", std::to_string(facts.inbox_waiting));
    add("inbox rows refused", std::to_string(facts.inbox_refused));
    for (const auto& [status, count] : counts) add("tasks " + status, std::to_string(count));
    table.print(session.out(), session.paper());
    return ExitCode::ok;
  }

  static int print_json(const Session& session, const store::StoreFacts& facts, const std::map<std::string, std::int64_t>& counts) {
    JsonObject tasks{};
    for (const auto& [status, count] : counts) tasks.add(status, count);
    session.print(JsonObject{}
                      .add("engine", facts.engine)
                      .add("location", facts.location)
                      .add("durability", facts.durability)
                      .add("schema", facts.schema)
                      .add("file_bytes", facts.file_bytes)
                      .add("wal_bytes", facts.wal_bytes)
                      .add("inbox_waiting", facts.inbox_waiting)
                      .add("inbox_refused", facts.inbox_refused)
                      .add_raw("tasks", tasks.text())
                      .text());
    return ExitCode::ok;
  }
};

class StoreSchema final : public Verb {
 public:
  About about() const override { return {"store schema", "the SQL of the newest schema", "  reeve store schema | less\n"}; }
  void declare(Grammar&) override {}
  int run(Session& session) override {
    if (session.json()) session.print(JsonObject{}.add("sql", compose::store_schema()).text());
    else session.out() << compose::store_schema();
    return ExitCode::ok;
  }
};

}  // namespace

std::unique_ptr<Verb> make_store_check() { return std::make_unique<StoreCheck>(); }
std::unique_ptr<Verb> make_store_backup() { return std::make_unique<StoreBackup>(); }
std::unique_ptr<Verb> make_store_stats() { return std::make_unique<StoreStats>(); }
std::unique_ptr<Verb> make_store_schema() { return std::make_unique<StoreSchema>(); }

}  // namespace reeve::cli

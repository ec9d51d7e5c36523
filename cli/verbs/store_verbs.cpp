// The verbs that look at the store's file. They work beside a running daemon and without one.
#include <filesystem>
#include <ostream>

#include "cli/compose/offline_store.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/store_verb.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

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
std::unique_ptr<Verb> make_store_schema() { return std::make_unique<StoreSchema>(); }

}  // namespace reeve::cli

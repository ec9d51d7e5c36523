#include <map>
#include <ostream>

#include "cli/compose/offline_store.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/selector.hpp"
#include "cli/verbs/store_verb.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

using store::StoreAnatomy;

StoreAnatomy anatomy_in(const Object& answer) {
  StoreAnatomy anatomy{};
  anatomy.facts.engine = text_in(answer, "engine");
  anatomy.facts.location = text_in(answer, "location");
  anatomy.facts.durability = text_in(answer, "durability");
  anatomy.facts.schema = integer_in(answer, "schema").value_or(0);
  anatomy.facts.file_bytes = integer_in(answer, "file_bytes").value_or(0);
  anatomy.facts.wal_bytes = integer_in(answer, "wal_bytes").value_or(0);
  anatomy.facts.inbox_waiting = integer_in(answer, "inbox_waiting").value_or(0);
  anatomy.facts.inbox_refused = integer_in(answer, "inbox_refused").value_or(0);
  anatomy.free_bytes = integer_in(answer, "free_bytes").value_or(0);
  anatomy.gives_space_back = is_set_in(answer, "gives_space_back");
  anatomy.log_bytes = integer_in(answer, "log_bytes").value_or(0);
  anatomy.oldest_task = moment_in(answer, "oldest_task");
  anatomy.newest_task = moment_in(answer, "newest_task");
  anatomy.oldest_end = moment_in(answer, "oldest_end");
  anatomy.oldest_event = moment_in(answer, "oldest_event");
  anatomy.newest_event = moment_in(answer, "newest_event");
  for (const auto& row : array_in(answer, "counts")) {
    const Object& one = as_object(row);
    store::CountRow& count = anatomy.counts.emplace_back();
    count.status = store::parse_status(text_in(one, "status")).value_or(store::Status::queued);
    count.count = integer_in(one, "count").value_or(0);
  }
  for (const auto& row : array_in(answer, "tables")) {
    const Object& one = as_object(row);
    anatomy.tables.push_back({text_in(one, "name"), integer_in(one, "rows").value_or(0), integer_in(one, "bytes").value_or(0)});
  }
  for (const auto& row : array_in(answer, "indexes")) {
    const Object& one = as_object(row);
    anatomy.indexes.push_back({text_in(one, "name"), text_in(one, "table"), integer_in(one, "bytes").value_or(0)});
  }
  return anatomy;
}

std::map<std::string, std::int64_t> by_status(const StoreAnatomy& anatomy) {
  std::map<std::string, std::int64_t> counts{};
  for (const store::CountRow& row : anatomy.counts) counts[std::string(store::name(row.status))] += row.count;
  return counts;
}

class StoreStats final : public StoreVerb {
 public:
  About about() const override {
    return {"store stats", "how large the store is and what is in it, table by table", "  reeve store stats\n"};
  }

 protected:
  int online(Session& session) override {
    const Answer answer = session.daemon().get("/v1/store/stats", long_enough);
    return report(session, anatomy_in(answer.object()));
  }
  int offline(Session& session, const std::string& url) override { return report(session, compose::anatomy_of_store(url)); }

 private:
  static int report(const Session& session, const StoreAnatomy& anatomy) {
    if (session.json()) return print_json(session, anatomy);
    Table table({{"WHAT", false, false}, {"VALUE", false, true}});
    const auto add = [&table](const std::string& name, const std::string& value) { table.add({{name, Tone::plain, {}}, {value, Tone::plain, {}}}); };
    const auto bytes_of = [](std::int64_t rows, std::int64_t bytes) {
      return std::to_string(rows) + (rows == 1 ? " row" : " rows") + (bytes > 0 ? ", " + std::to_string(bytes) + " bytes" : "");
    };
    add("engine", anatomy.facts.engine);
    add("location", anatomy.facts.location);
    add("durability", anatomy.facts.durability);
    add("schema", std::to_string(anatomy.facts.schema));
    add("file bytes", std::to_string(anatomy.facts.file_bytes));
    add("wal bytes", std::to_string(anatomy.facts.wal_bytes));
    add("free bytes", std::to_string(anatomy.free_bytes) + (anatomy.gives_space_back ? "" : " (only reeve store vacuum without a daemon gives them back)"));
    add("log bytes", std::to_string(anatomy.log_bytes));
    add("inbox rows waiting", std::to_string(anatomy.facts.inbox_waiting));
    add("inbox rows refused", std::to_string(anatomy.facts.inbox_refused));
    for (const auto& [status, count] : by_status(anatomy)) add("tasks " + status, std::to_string(count));
    for (const auto& [name, at] : moments(anatomy)) add(name, session.moment_text(at));
    for (const StoreAnatomy::Table& one : anatomy.tables) add("table " + one.name, bytes_of(one.rows, one.bytes));
    for (const StoreAnatomy::Index& one : anatomy.indexes) add("index " + one.name, std::to_string(one.bytes) + " bytes, of " + one.table);
    table.print(session.out(), session.paper());
    return ExitCode::ok;
  }

  static std::vector<std::pair<std::string, store::Timestamp>> moments(const StoreAnatomy& anatomy) {
    const std::pair<const char*, std::optional<store::Timestamp>> all[] = {{"oldest task", anatomy.oldest_task},
                                                                           {"newest task", anatomy.newest_task},
                                                                           {"oldest end", anatomy.oldest_end},
                                                                           {"oldest event", anatomy.oldest_event},
                                                                           {"newest event", anatomy.newest_event}};
    std::vector<std::pair<std::string, store::Timestamp>> known{};
    for (const auto& [name, at] : all)
      if (at) known.emplace_back(name, *at);
    return known;
  }

  static int print_json(const Session& session, const StoreAnatomy& anatomy) {
    JsonObject tasks{};
    for (const auto& [status, count] : by_status(anatomy)) tasks.add(status, count);
    JsonObject tables{};
    for (const StoreAnatomy::Table& one : anatomy.tables)
      tables.add_raw(one.name, JsonObject{}.add("rows", one.rows).add("bytes", one.bytes).text());
    JsonObject indexes{};
    for (const StoreAnatomy::Index& one : anatomy.indexes)
      indexes.add_raw(one.name, JsonObject{}.add("table", one.table).add("bytes", one.bytes).text());
    JsonObject json{};
    json.add("engine", anatomy.facts.engine).add("location", anatomy.facts.location).add("durability", anatomy.facts.durability);
    json.add("schema", anatomy.facts.schema).add("file_bytes", anatomy.facts.file_bytes).add("wal_bytes", anatomy.facts.wal_bytes);
    json.add("free_bytes", anatomy.free_bytes).add_raw("gives_space_back", anatomy.gives_space_back ? "true" : "false");
    json.add("inbox_waiting", anatomy.facts.inbox_waiting).add("inbox_refused", anatomy.facts.inbox_refused);
    json.add("log_bytes", anatomy.log_bytes).add_raw("tasks", tasks.text());
    for (auto [name, at] : moments(anatomy)) {
      name[name.find(' ')] = '_';
      json.add(name, store::to_rfc3339(at));
    }
    session.print(json.add_raw("tables", tables.text()).add_raw("indexes", indexes.text()).text());
    return ExitCode::ok;
  }
};

}  // namespace

std::unique_ptr<Verb> make_store_stats() { return std::make_unique<StoreStats>(); }

}  // namespace reeve::cli

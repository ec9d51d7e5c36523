#include "store/sqlite/import.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "store/sqlite/export_table.hpp"
#include "store/sqlite/fingerprints.hpp"
#include "store/sqlite/row_text.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/task_row.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr std::int64_t lines_between_looks = 2'000;
constexpr std::size_t most_named = 10;

// Numbers that mean nothing outside their own store: they are moved above those that are there. Which columns hold them.
struct Numbering {
  std::string counted{};                                          // SQL of the greatest one there
  std::vector<std::pair<std::string, std::string>> columns{};     // type, column
};

const std::vector<Numbering>& numberings() {
  static const std::vector<Numbering> all{
      {"SELECT max(id) FROM reeve_runner", {{"runner", "id"}, {"task", "runner"}, {"attempt", "runner"}, {"event", "runner"}}},
      {"SELECT max(id) FROM reeve_step", {{"step", "id"}, {"step_try", "step"}, {"await", "step"}}},
      {"SELECT max(id) FROM reeve_step_try", {{"step_try", "id"}, {"step", "newest_try"}}},
      {"SELECT max(seq) FROM reeve_release", {{"release", "seq"}}},
      {"SELECT max(id) FROM reeve_inbox", {{"inbox", "id"}}},
      {"SELECT max(id) FROM reeve_inbox_refused", {{"inbox_refused", "id"}}},
      {"SELECT max(number) FROM reeve_revision", {{"revision", "number"}}},
      {"SELECT max(coalesce((SELECT max(seq) FROM reeve_event), 0), coalesce((SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'last_event'), 0))",
       {{"event", "seq"}}}};
  return all;
}

class Importer {
 public:
  Importer(Connection& db, Into into, const Watch& watch, Arrival& arrival) : db_(db), into_(into), watch_(watch), arrival_(arrival) {
    for (ExportTable& table : export_tables(db_)) {
      const std::string type = table.type;
      tables_[type].table = std::move(table);
    }
    for (const Numbering& numbering : numberings()) {
      const std::int64_t there = db_.integer(numbering.counted);
      for (const auto& [type, column] : numbering.columns) moved_by_[{type, column}] = there;
    }
  }

  void head(const std::string& line) {
    std::map<std::string, std::variant<std::int64_t, double, std::string>> fields;
    for (RowField& field : parse_row(line)) fields.emplace(std::move(field.key), std::move(field.value));
    const auto number = [&](const std::string& key) {
      const auto found = fields.find(key);
      const auto* value = found == fields.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
      if (!value || *value < 0) throw BadLine("the first line of an export has a number \"" + key + "\"");
      return *value;
    };
    const auto word = fields.find("reeve");
    if (word == fields.end() || word->second != std::variant<std::int64_t, double, std::string>{std::string("export")})
      throw BadLine("an export begins with a line {\"reeve\":\"export\",...}");
    if (number("version") > export_version || number("schema") > newest_schema())
      throw BadLine("a newer reeve wrote this (version " + std::to_string(number("version")) + ", schema " + std::to_string(number("schema")) + ")");
    all_ = number("rows");
    for (const char* key : {"last_task", "last_signal"}) raise(key, number(key));
    if (fields.contains("last_batch")) raise("last_batch", number("last_batch"));   // stores before schema 12 had none
    if (into_ == Into::empty_store) {
      raise("last_event", number("last_event"));
      raise("pruned_events", number("pruned_events"));
    } else {
      raise("last_event", number("last_event") + moved_by_[{"event", "seq"}]);
    }
  }

  void row(const std::string& line) {
    std::vector<RowField> fields = parse_row(line);
    if (fields.empty() || fields[0].key != "row" || !std::holds_alternative<std::string>(fields[0].value)) throw BadLine("a row begins with its sort, \"row\"");
    const std::string type = std::get<std::string>(fields[0].value);
    const auto target = tables_.find(type);
    if (target == tables_.end()) throw BadLine("row \"" + type.substr(0, 40) + "\" is not known");
    fields.erase(fields.begin());
    name_columns(target->second.table, fields);
    if (!is_taken(type, fields)) insert(target->second, fields);
    if (type == "task") ++arrival_.tasks;
    if (++arrival_.rows % lines_between_looks == 0 && watch_) watch_(arrival_.rows, all_);
  }

  void finish() {
    if (arrival_.rows != all_)
      throw BadLine("the export ends early: it begins with " + std::to_string(all_) + " rows and has " + std::to_string(arrival_.rows));
    refuse_taken();
    db_.run("DELETE FROM reeve_count; INSERT INTO reeve_count SELECT queue, kind, status, count(*) FROM reeve_task GROUP BY queue, kind, status");
    forget_filled_fingerprints(db_);
    db_.run("INSERT OR REPLACE INTO reeve_meta SELECT 'log_bytes', CAST(coalesce(sum(log_bytes), 0) AS TEXT) FROM reeve_task");
  }

 private:
  struct Target {
    ExportTable table{};
    std::map<std::string, std::unique_ptr<Statement>> inserts{};   // by the columns that are given
  };

  static void name_columns(const ExportTable& table, std::vector<RowField>& fields) {
    for (RowField& field : fields) {
      const auto column = std::find_if(table.columns.begin(), table.columns.end(), [&](const auto& one) { return one.member == field.key; });
      if (column == table.columns.end()) throw BadLine("a " + table.type + " has no \"" + field.key.substr(0, 40) + "\"");
      field.key = column->name;
    }
  }

  void raise(const std::string& key, std::int64_t number) {
    const std::string text = std::to_string(number);
    db_.run("INSERT INTO reeve_meta VALUES ('" + key + "', '" + text + "') ON CONFLICT (key) DO UPDATE SET value = CAST(max(CAST(value AS INTEGER), " + text +
            ") AS TEXT)");
  }

  // A row of a task that is there already; it is named later, with all the others.
  bool is_taken(const std::string& type, const std::vector<RowField>& fields) {
    if (into_ == Into::empty_store) return false;
    if (type == "batch") return is_taken_batch(fields);
    const std::string key = type == "task" ? "id" : "task";
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const RowField& field) { return field.key == key; });
    const auto* id = found == fields.end() ? nullptr : std::get_if<std::int64_t>(&found->value);
    if (!id) return type == "await" && !taken_.empty();
    if (type != "task") return taken_.contains(*id);
    Query query = db_.query("SELECT 1 FROM reeve_task WHERE id = ?");
    if (query.bind(*id).step()) taken_.insert(*id);
    return taken_.contains(*id);
  }

  bool is_taken_batch(const std::vector<RowField>& fields) {
    const auto found = std::find_if(fields.begin(), fields.end(), [](const RowField& field) { return field.key == "id"; });
    const auto* id = found == fields.end() ? nullptr : std::get_if<std::int64_t>(&found->value);
    if (!id) return false;
    Query query = db_.query("SELECT 1 FROM reeve_batch WHERE id = ?");
    if (!query.bind(*id).step()) return false;
    taken_batches_.insert(*id);
    return true;
  }

  void refuse_taken() const {
    refuse_taken(taken_, " task is", " tasks are");
    refuse_taken(taken_batches_, " batch is", " batches are");
  }

  static void refuse_taken(const std::set<std::int64_t>& taken, const char* one_is, const char* many_are) {
    if (taken.empty()) return;
    std::string ids;
    std::size_t named = 0;
    for (const std::int64_t id : taken) {
      if (named++ == most_named) break;
      ids += (ids.empty() ? "" : ", ") + std::to_string(id);
    }
    if (taken.size() > most_named) ids += ", ...";
    throw StoreError(StoreError::Kind::unusable, std::to_string(taken.size()) + (taken.size() == 1 ? one_is : many_are) + " there already: " + ids +
                                                     "; nothing was imported. Delete them first, or import into an empty store");
  }

  void insert(Target& target, const std::vector<RowField>& fields) {
    std::string columns;
    for (const RowField& field : fields) (columns += columns.empty() ? "" : ",") += field.key;
    auto& statement = target.inserts[columns];
    if (!statement) statement = prepare(target.table, fields, columns);
    try {
      Query query(*statement);
      for (std::size_t i = 0; i < fields.size(); ++i) put(query, static_cast<int>(i) + 1, target.table, fields[i]);
      query.run();
    } catch (const StoreError&) {
      throw;
    } catch (const std::runtime_error& error) {
      throw BadLine(error.what());
    }
    if (target.table.type == "payload") add_labels(fields);
  }

  std::unique_ptr<Statement> prepare(const ExportTable& table, const std::vector<RowField>& fields, const std::string& columns) {
    std::string places;
    for (std::size_t i = 0; i < fields.size(); ++i) places += i == 0 ? "?" : ",?";
    if (fields.empty()) throw BadLine("a " + table.type + " without anything in it");
    // What is paused in both is paused; a request that both remember keeps the answer that was given here.
    const bool may_meet = into_ == Into::any_store && (table.type.ends_with("pause") || table.type == "key_wait" || table.type == "request");
    const std::string verb = may_meet ? "INSERT OR IGNORE INTO " : "INSERT INTO ";
    return std::make_unique<Statement>(db_.handle(), verb + table.table() + " (" + columns + ") VALUES (" + places + ")", db_.path());
  }

  void put(Query& query, int place, const ExportTable& table, const RowField& field) const {
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      const auto moved = moved_by_.find({table.type, field.key});
      // 0 stands for nobody.
      query.put(place, *number + (moved == moved_by_.end() || *number == 0 ? 0 : moved->second));
    } else if (const auto* real = std::get_if<double>(&field.value)) {
      query.put(place, *real);
    } else {
      const auto& text = std::get<std::string>(field.value);
      const auto column = std::find_if(table.columns.begin(), table.columns.end(), [&](const auto& one) { return one.name == field.key; });
      if (column->holds == ExportTable::Holds::bytes) query.put(place, Blob{text});
      else query.put(place, text);
    }
  }

  void add_labels(const std::vector<RowField>& fields) {
    std::int64_t task = 0;
    Labels labels;
    for (const RowField& field : fields) {
      if (field.key == "task" && std::holds_alternative<std::int64_t>(field.value)) task = std::get<std::int64_t>(field.value);
      if (field.key == "labels" && std::holds_alternative<std::string>(field.value)) labels = parse_labels(std::get<std::string>(field.value));
    }
    for (const auto& [key, value] : labels) db_.query("INSERT INTO reeve_label (key, value, task) VALUES (?, ?, ?)").bind(key, value, task).run();
  }

  Connection& db_;
  Into into_;
  const Watch& watch_;
  Arrival& arrival_;
  std::map<std::string, Target> tables_{};
  std::map<std::pair<std::string, std::string>, std::int64_t> moved_by_{};
  std::set<std::int64_t> taken_{};
  std::set<std::int64_t> taken_batches_{};
  std::int64_t all_ = 0;
};

}  // namespace

void import_rows(Connection& db, Into into, const std::function<bool(std::string& line)>& next, const Watch& watch, Arrival& arrival) {
  // A file that is thrown away when anything fails needs no journal on the disk.
  if (db.text("PRAGMA journal_mode = MEMORY") != "memory") throw StoreError(StoreError::Kind::io, db.path() + ": could not be prepared");
  db.run("PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; BEGIN IMMEDIATE");
  std::int64_t number = 0;
  try {
    Importer importer(db, into, watch, arrival);
    for (std::string line; next(line);) {
      ++number;
      if (line.empty()) continue;
      if (number == 1) importer.head(line);
      else importer.row(line);
    }
    if (number == 0) throw BadLine("there is nothing: an export begins with a line {\"reeve\":\"export\",...}");
    importer.finish();
  } catch (const BadLine& bad) {
    throw StoreError(StoreError::Kind::foreign, "line " + std::to_string(number) + ": " + bad.what() + "; nothing was imported");
  }
  db.run("COMMIT");
}

}  // namespace reeve::store::sqlite

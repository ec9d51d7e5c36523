// Numbers: counts, pauses, runners, places in line, durations, facts.
#include <algorithm>

#include "store/life.hpp"
#include "store/matching.hpp"
#include "store/sqlite/key_rates.hpp"
#include "store/sqlite/place.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/wal.hpp"

namespace reeve::store::sqlite {

std::vector<CountRow> SqliteReader::counts() {
  Query query = db_.query("SELECT queue, kind, status, count FROM reeve_count WHERE count > 0");
  std::vector<CountRow> rows;
  while (query.step()) {
    Row row = query.row();
    CountRow& count = rows.emplace_back();
    count.queue = row.text();
    count.kind = row.text();
    count.status = parse_status(row.view()).value_or(Status::queued);
    count.count = row.integer();
  }
  std::sort(rows.begin(), rows.end(), [](const CountRow& a, const CountRow& b) {
    return std::tie(a.queue, a.kind, a.status) < std::tie(b.queue, b.kind, b.status);
  });
  return rows;
}

std::vector<RateRow> SqliteReader::rates() {
  Query query = db_.query("SELECT of, name, full_at FROM reeve_rate WHERE of <> 'key' ORDER BY of DESC, name");
  std::vector<RateRow> rows;
  while (query.step()) {
    Row row = query.row();
    RateRow& rate = rows.emplace_back();
    rate.of = row.view() == "queue" ? RateRow::Of::queue : RateRow::Of::kind;
    rate.name = row.text();
    rate.full_at = row.integer();
  }
  return rows;
}

std::optional<RateRow> SqliteReader::key_rate(std::string_view kind, std::string_view token) {
  RateRow row;
  row.of = RateRow::Of::key;
  row.name = key_rate_name(kind, token);
  const auto kept = kept_key_rate(db_, row.name);
  if (!kept) return std::nullopt;
  row.full_at = *kept;
  return row;
}

std::vector<RunnerRow> SqliteReader::runners(int limit) {
  Query query = db_.query("SELECT id, name, boot_id, incarnation, pid, started_at, stopped_at FROM reeve_runner ORDER BY id DESC LIMIT ?");
  query.bind(page_limit(limit));
  std::vector<RunnerRow> rows;
  while (query.step()) {
    Row row = query.row();
    RunnerRow& runner = rows.emplace_back();
    runner.id = row.integer();
    runner.name = row.text();
    runner.boot_id = row.text();
    runner.incarnation = row.text();
    runner.pid = row.integer();
    runner.started_at = row.time();
    runner.stopped_at = row.maybe_time();
  }
  return rows;
}

Position SqliteReader::position(TaskId id, Timestamp now, std::int64_t limit) {
  const ReadTransaction one_state(db_);
  Position position;
  std::string queue;
  int priority = 0;
  std::int64_t run_at = 0;
  std::optional<std::int64_t> place;   // among the tenants, once it is ready
  {
    Query query = db_.query("SELECT queue, priority, run_at, iif(hold = 0 AND block & 4 = 0, fair, NULL) FROM reeve_task WHERE id = ? AND status = 'queued'");
    query.bind(id);
    if (!query.step()) return position;
    Row row = query.row();
    queue = row.text();
    priority = row.small();
    run_at = row.integer();
    place = row.maybe_integer();
  }
  const auto count = [&](Query& query) {
    while (!position.at_least && query.step()) {
      if (position.ahead == limit) {
        position.at_least = true;
        break;
      }
      ++position.ahead;
      ++position.kinds[query.row().text()];
    }
  };
  // Lane by lane, so that only tasks that are ahead are looked at.
  std::string kind;
  while (!position.at_least) {
    {
      Query next = db_.query("SELECT kind FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND block = 0 AND queue = ? AND kind > ? ORDER BY kind LIMIT 1");
      next.bind(queue, kind);
      if (!next.step()) break;
      kind = next.row().text();
    }
    Query above = db_.query(
        "SELECT kind FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND block = 0 AND queue = ? AND kind = ? AND priority > ? AND run_at <= ?");
    above.bind(queue, kind, priority, now);
    count(above);
    if (place) {
      Query beside = db_.query(
          "SELECT kind FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND block = 0 AND queue = ? AND kind = ? AND priority = ? "
          "AND run_at <= ? AND (fair, run_at, id) < (?, ?, ?)");
      beside.bind(queue, kind, priority, now, *place, run_at, id);
      count(beside);
    } else {
      Query beside = db_.query(
          "SELECT kind FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND block = 0 AND queue = ? AND kind = ? AND priority = ? "
          "AND run_at <= ? AND (run_at, id) < (?, ?)");
      beside.bind(queue, kind, priority, now, run_at, id);
      count(beside);
    }
  }
  // What is due but was not yet made ready.
  Query due = db_.query(
      "SELECT kind FROM reeve_task INDEXED BY reeve_task_held WHERE hold = 1 AND block & 4 = 0 AND run_at <= ? AND queue = ? AND (-priority, run_at, id) < (?, ?, ?)");
  due.bind(now, queue, -priority, run_at, id);
  count(due);
  return position;
}

KindTimings SqliteReader::timings(std::string_view kind, int newest) {
  const ReadTransaction one_state(db_);
  std::vector<std::pair<std::pair<std::int64_t, std::int64_t>, TimingSample>> ended;
  for (const Status status : {Status::succeeded, Status::failed, Status::cancelled}) {
    Query query = db_.query(
        "SELECT t.finished_at, t.id, t.run_at, a.started_at, a.finished_at, a.cpu_user_ms + a.cpu_system_ms, a.max_rss_kib FROM "
        "(SELECT id, run_at, finished_at FROM reeve_task INDEXED BY reeve_task_finished WHERE status = ? AND kind = ? AND finished_at IS NOT NULL "
        "ORDER BY finished_at DESC, id DESC LIMIT min(20000, 20 * max(?, 0))) t "
        "JOIN reeve_attempt a ON a.task = t.id AND a.epoch = (SELECT max(epoch) FROM reeve_attempt WHERE task = t.id) "
        "WHERE a.started_at IS NOT NULL AND a.finished_at IS NOT NULL LIMIT max(?, 0)");
    query.bind(name(status), kind, newest, newest);   // some never started
    while (query.step()) {
      Row row = query.row();
      const std::int64_t at = row.integer();
      const std::int64_t id = row.integer();
      const std::int64_t run_at = row.integer();
      const std::int64_t started = row.integer();
      const std::int64_t finished = row.integer();
      TimingSample sample;
      sample.start_ms = std::max(0.0, static_cast<double>(started - run_at));
      sample.run_ms = static_cast<double>(finished - started);
      sample.cpu_ms = row.real();
      sample.rss_kib = row.real();
      ended.push_back({{at, id}, sample});
    }
  }
  std::sort(ended.begin(), ended.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (ended.size() > static_cast<std::size_t>(std::max(newest, 0))) ended.resize(static_cast<std::size_t>(std::max(newest, 0)));
  std::vector<TimingSample> samples;
  for (const auto& [when, sample] : ended) samples.push_back(sample);
  return timings_of(samples);
}

StoreFacts SqliteReader::facts() {
  StoreFacts facts;
  facts.engine = std::string("sqlite ") + sqlite3_libversion();
  facts.location = db_.path();
  facts.durability = durability_ == Durability::full ? "full" : "relaxed";
  facts.schema = present_schema(db_);
  facts.file_bytes = db_.integer("PRAGMA page_count") * db_.integer("PRAGMA page_size");
  facts.wal_bytes = size_of(db_.path() + "-wal");
  const bool defective = has_wal_reset_defect(sqlite3_libversion_number());
  if (defective) {
    facts.notes.push_back(facts.engine +
                             " can damage a file when one connection commits while another checkpoints (fixed in 3.51.3); reeve is safe "
                             "because one connection writes and checkpoints, so let no other program checkpoint or write to the file heavily");
  }
  tell_of_door(facts, defective);
  if (durability_ == Durability::relaxed) facts.warnings.push_back("durability is relaxed: a power loss may undo the last acknowledged commits");
  return facts;
}

}  // namespace reeve::store::sqlite

#include "store/sqlite/session.hpp"

#include <stdexcept>
#include <thread>

#include "store/sqlite/failure.hpp"

namespace reeve::store::sqlite {

void CountDeltas::add(const Task& task, Status status, int by) {
  const auto found = deltas_.find(View{task.queue, task.kind, status});
  if (found != deltas_.end()) found->second += by;
  else deltas_.emplace(Key{task.queue, task.kind, status}, by);
}

void CountDeltas::write(Connection& db) {
  for (const auto& [key, delta] : deltas_) {
    if (delta == 0) continue;
    Query add = db.query(
        "INSERT INTO reeve_count (queue, kind, status, count) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (queue, kind, status) DO UPDATE SET count = count + excluded.count");
    add.bind(std::get<0>(key), std::get<1>(key), name(std::get<2>(key)), delta).run();
  }
  clear();
}

Session::Session(std::string path, Millis busy_timeout, int busy_retries, Millis busy_retry_delay)
    : db(std::move(path), Access::write, busy_timeout), busy_retries_(busy_retries), busy_retry_delay_(busy_retry_delay) {}

void Session::begin() {
  Millis pause = busy_retry_delay_;
  for (int again = 0;; ++again) {
    Query begin = db.query("BEGIN IMMEDIATE");
    try {
      begin.run();
      break;
    } catch (const StoreError& error) {
      if (error.kind() != StoreError::Kind::busy || again >= busy_retries_) throw;
    }
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
  if (!loaded_) load();
  notice_others();
}

void Session::notice_others() {
  Query asked = db.query("PRAGMA data_version");
  const std::int64_t version = asked.step() ? asked.row().integer() : 0;
  if (data_version_ != 0 && version != data_version_ && !others_write_) others_write_ = others_are_news_ = true;
  data_version_ = version;
}

void Session::commit() {
  counts.write(db);
  if (numbers_at_risk_) write_numbers();
  if (others_are_news_) db.query("INSERT OR REPLACE INTO reeve_meta (key, value) VALUES ('others_write', '1')").run();
  db.query("COMMIT").run();
  numbers_at_risk_ = others_are_news_ = false;
  committed_shares_ = shares;
}

void Session::rollback() noexcept {
  // A full disk, a failed read or write and a lack of memory have already undone the transaction.
  if (db.in_transaction()) sqlite3_exec(db.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  counts.clear();
  ending.clear();
  shares = committed_shares_;
  numbers_at_risk_ = false;
  loaded_ = false;
}

Session::Mark Session::mark() {
  db.query("SAVEPOINT reeve_mark").run();
  return {last_task_, last_event_, last_signal_, last_batch_, ending, counts, lines};
}

void Session::go_back(const Mark& mark) {
  db.query("ROLLBACK TO reeve_mark").run();
  forget(mark);
  last_task_ = mark.last_task;
  last_event_ = mark.last_event;
  last_signal_ = mark.last_signal;
  last_batch_ = mark.last_batch;
  ending = mark.ending;
  counts = mark.counts;
  lines = mark.lines;
}

void Session::forget(const Mark&) { db.query("RELEASE reeve_mark").run(); }

void Session::require_batch() const {
  if (!db.in_transaction()) throw std::logic_error("a verb of the store was called outside batch()");
}

void Session::load() {
  const auto mark = [&](const char* sql) { return db.integer(sql); };
  last_task_ = mark("SELECT max(coalesce((SELECT max(id) FROM reeve_task), 0), "
                    "coalesce((SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'last_task'), 0))");
  last_event_ = mark("SELECT max(coalesce((SELECT max(seq) FROM reeve_event), 0), "
                     "coalesce((SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'last_event'), 0))");
  last_signal_ = mark("SELECT max(coalesce((SELECT max(id) FROM reeve_signal), 0), "
                      "coalesce((SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'last_signal'), 0))");
  last_batch_ = mark("SELECT max(coalesce((SELECT max(id) FROM reeve_batch), 0), "
                     "coalesce((SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'last_batch'), 0))");
  tell_now = false;
  releasing = db.integer("SELECT EXISTS (SELECT 1 FROM reeve_release)") != 0;
  last_runner_ = mark("SELECT coalesce(max(id), 0) FROM reeve_runner");
  others_write_ = others_write_ || db.integer("SELECT count(*) FROM reeve_meta WHERE key = 'others_write'") > 0;
  paused_.clear();
  Query paused = db.query("SELECT queue FROM reeve_pause");
  while (paused.step()) paused_.insert(paused.row().text());
  load_pauses();
  load_key_waits();
  lines.clear();
  Query line = db.query("SELECT queue, priority, now FROM reeve_line");
  while (line.step()) {
    Row row = line.row();
    std::string queue = row.text();
    const int priority = row.small();
    lines[{std::move(queue), priority}] = row.integer();
  }
  loaded_ = true;
}

void Session::load_pauses() {
  paused_kinds_.clear();
  Query kinds = db.query("SELECT kind FROM reeve_kind_pause");
  while (kinds.step()) paused_kinds_.insert(kinds.row().text());
  paused_labels.clear();
  resumed_labels.clear();
  Query labels = db.query("SELECT resumed, key, value FROM reeve_label_pause");
  while (labels.step()) {
    Row row = labels.row();
    std::set<Label>& side = row.flag() ? resumed_labels : paused_labels;
    std::string key = row.text();
    side.emplace(std::move(key), row.text());
  }
}

void Session::load_key_waits() {
  key_waits = db.integer("SELECT count(*) FROM (SELECT 1 FROM reeve_key_wait LIMIT 1)") > 0;
  rate_book.forget();
}

void Session::write_numbers() {
  Query put = db.query(
      "INSERT OR REPLACE INTO reeve_meta (key, value) VALUES ('last_task', CAST(? AS TEXT)), ('last_event', CAST(? AS TEXT)), "
      "('last_signal', CAST(? AS TEXT)), ('last_batch', CAST(? AS TEXT))");
  put.bind(last_task_, last_event_, last_signal_, last_batch_).run();
}

void Session::prune_events_to(std::int64_t seq) {
  keep_numbers();
  Query put = db.query("INSERT OR REPLACE INTO reeve_meta (key, value) VALUES ('pruned_events', CAST(? AS TEXT))");
  put.bind(seq).run();
}

void Session::append(const Event& event) {
  Query insert = db.query(
      "INSERT INTO reeve_event (seq, at, type, task, kind, queue, epoch, runner, actor, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(++last_event_, event.at, event.type, event.task, or_null(event.kind), or_null(event.queue), event.epoch, event.runner,
              or_null(event.actor), or_null(event.data));
  insert.run();
}

}  // namespace reeve::store::sqlite

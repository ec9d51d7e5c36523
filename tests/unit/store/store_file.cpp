// A store's file as a whole: exported, imported, restored, made smaller, and kept below a size.
#include <sqlite3.h>
#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>

#include "store/file.hpp"
#include "store/open.hpp"
#include "store/store.hpp"

namespace reeve::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

using Lines = std::vector<std::string>;

struct Shelf {
  Shelf() {
    std::string pattern = (fs::temp_directory_path() / "reeve-shelf-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    path = pattern;
  }
  ~Shelf() { fs::remove_all(path); }
  [[nodiscard]] std::string file(const std::string& name = "reeve.db") const { return (path / name).string(); }
  [[nodiscard]] Options options(const std::string& name = "reeve.db") const {
    Options chosen;
    chosen.url = "sqlite:" + file(name);
    chosen.durability = Durability::relaxed;   // the disk is not what is tested
    return chosen;
  }
  [[nodiscard]] std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {})); }
  fs::path path{};
};

// One store and a clock that is turned by hand.
struct Worked {
  explicit Worked(const Options& options) : store(open(options)), reader(store->open_reader()) {}

  TaskId enqueue(const std::string& payload = "1", const std::string& external = {}) {
    EnqueueRequest request;
    NewTask& task = request.tasks.emplace_back();
    task.kind = "echo";
    task.queue = "default";
    task.payload = payload;
    task.labels = {{"team", "a\"b"}};
    if (!external.empty()) task.external_id = external;
    const EnqueueAnswer answer = transact(*store, [&](Store& s) { return s.tasks().enqueue(request, now); });
    return std::get<EnqueueDone>(answer).tasks.at(0).id;
  }
  ClaimKey claim() {
    ClaimRequest request;
    request.runner = 1;
    request.lease_expires_at = now + 1h;
    request.kinds = {{"echo", 1}};
    const ClaimAnswer answer = transact(*store, [&](Store& s) { return s.tasks().claim(request, now); });
    REQUIRE(answer.tasks.size() == 1);
    const ClaimKey key{answer.tasks[0].id, answer.tasks[0].epoch};
    REQUIRE(transact(*store, [&](Store& s) { return s.tasks().start(key, 7, "process", now); }));
    return key;
  }
  void log(ClaimKey key, const std::string& message) {
    LogLine line;
    line.at = now;
    line.message = message;
    line.meta = R"({"a":1})";
    REQUIRE(transact(*store, [&](Store& s) { return s.journal().log(key, {&line, 1}, now); }));
  }
  bool succeed(ClaimKey key, const std::string& result = "2") {
    Finish end;
    end.claim = key;
    end.next = Succeed{result};
    return transact(*store, [&](Store& s) { return s.tasks().finish(end, now).recorded; });
  }
  bool fail(ClaimKey key) {
    Finish end;
    end.claim = key;
    end.outcome = Outcome::failed;
    end.next = Fail{};
    end.error = TaskError{.code = "exit", .message = "it \"did\" not work\n"};
    return transact(*store, [&](Store& s) { return s.tasks().finish(end, now).recorded; });
  }
  std::unique_ptr<Store> store;
  std::unique_ptr<Reader> reader;
  Timestamp now = from_ms(1'800'000'000'000);
};

// Something of everything; nothing runs in the end.
void fill(Worked& worked) {
  transact(*worked.store, [&](Store& s) { return s.runners().open_runner({"host", "boot", "incarnation", 4711}, worked.now); });
  worked.enqueue("{\"text\": \"g\u00fcnther \\u0000\",\n  \"n\": 1.50}", "order-1");
  const ClaimKey first = worked.claim();
  worked.log(first, "plain");
  worked.log(first, std::string("not \xff UTF-8 \0 and a zero", 25));
  transact(*worked.store, [&](Store& s) {
    Progress progress;
    progress.percent = 100.0 / 3;
    progress.label = "a third";
    (void)s.journal().progress(first, progress, worked.now);
    (void)s.steps().begin_step(first, "fetch", "{}", worked.now);
    return s.steps().end_step(first, "fetch", "[1]", {}, worked.now).result;
  });
  REQUIRE(worked.succeed(first, "{\"ok\": true}"));
  worked.enqueue("\"fails\"");
  REQUIRE(worked.fail(worked.claim()));
  const TaskId waiting = worked.enqueue("\"waits\"");
  const ClaimKey second = worked.claim();
  transact(*worked.store, [&](Store& s) {
    (void)s.steps().send_signal(waiting, "hello", "{\"x\":1}", "uid:7", worked.now);
    (void)s.steps().set_timer(second, "later", worked.now + 1h, worked.now);
    WaitRequest request;
    request.name = "approval";
    request.sort = StepSort::signal;
    request.signal_type = "approval";
    (void)s.steps().wait(second, request, worked.now);
    Finish end;
    end.claim = second;
    end.outcome = Outcome::suspended;
    end.next = Suspend{};
    return s.tasks().finish(end, worked.now).recorded;
  });
  EnqueueRequest keyed;
  keyed.request_key = "client-1";
  keyed.fingerprint = "f";
  keyed.tasks.emplace_back();
  keyed.tasks[0].kind = "echo";
  keyed.tasks[0].queue = "slow";
  keyed.tasks[0].dedupe = Dedupe{"key", KeyScope::global};
  keyed.tasks[0].run_at = worked.now + 24h;
  transact(*worked.store, [&](Store& s) {
    s.queues().pause("slow", "maintenance", "uid:0", worked.now);
    return s.tasks().enqueue(keyed, worked.now).index();
  });
}

Lines exported(const Options& options) {
  Lines lines;
  export_store(options, [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

Arrival import(const Options& options, const Lines& lines, Into into = Into::empty_store, Timestamp now = from_ms(1'800'000'500'000)) {
  std::size_t next = 0;
  const auto give = [&](std::string& line) {
    if (next == lines.size()) return false;
    line = lines[next++];
    return true;
  };
  return import_store(options, into, give, now);
}

// Without what an import changes by itself: epochs of tasks, the head, and the event that says so.
Lines without_epochs(Lines lines) {
  static const std::regex epoch("\"epoch\":[0-9]+");
  lines.erase(lines.begin());
  for (std::string& line : lines)
    if (line.starts_with(R"({"row":"task")")) line = std::regex_replace(line, epoch, "\"epoch\":-");
  std::erase_if(lines, [](const std::string& line) { return line.find("store.imported") != std::string::npos; });
  return lines;
}

StoreError refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const StoreError& error) {
    return error;
  }
  FAIL("it was not refused");
  throw;
}

void write_sql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
  sqlite3_close(db);
  REQUIRE(code == SQLITE_OK);
}

}  // namespace

TEST_CASE("what a pause or a rate of a key holds is held after an import, also beside the same pause, and is let go", "[file][export][pause]") {
  Shelf shelf;
  const auto request = [] {
    ClaimRequest wanted;
    wanted.limit = 10;
    wanted.lease_expires_at = from_ms(1'800'000'900'000);
    wanted.kinds = {{"echo", 10}};
    wanted.kinds[0].key_rate = Rate{.limit = 1, .per = 1h, .burst = 1};
    return wanted;
  }();
  const auto claim = [&](Worked& worked) { return transact(*worked.store, [&](Store& s) { return s.tasks().claim(request, worked.now); }).tasks.size(); };
  const auto fill = [&](Worked& worked) {
    NewTask rated;
    rated.kind = "echo";
    rated.queue = "default";
    rated.payload = "1";
    rated.concurrency.emplace().key = "k";
    rated.concurrency->limit = 9;
    EnqueueRequest two;
    two.tasks.assign(2, rated);
    transact(*worked.store, [&](Store& s) {
      (void)s.queues().pause_kind("slow", "", "uid:0", worked.now);
      (void)s.queues().pause_label("team", "a\"b", "", "uid:0", worked.now);
      return s.tasks().enqueue(two, worked.now).index();
    });
    worked.enqueue();
    REQUIRE(claim(worked) == 1);
    REQUIRE(claim(worked) == 0);
  };
  {
    Worked worked(shelf.options());
    fill(worked);
  }
  const Lines lines = exported(shelf.options());
  {
    Worked other(shelf.options("other.db"));
    for (int i = 0; i < 3; ++i) {
      const TaskId gone = other.enqueue();   // so that no id is in both
      (void)transact(*other.store, [&](Store& s) { return s.tasks().cancel(gone, "", "uid:0", other.now); });
      (void)transact(*other.store, [&](Store& s) { return s.tasks().remove(gone, "uid:0", other.now); });
    }
    (void)other.enqueue();
    transact(*other.store, [&](Store& s) { return s.queues().pause_label("team", "a\"b", "", "uid:0", other.now); });
    REQUIRE(claim(other) == 0);
  }
  REQUIRE(import(shelf.options("copy.db"), lines).tasks == 3);
  (void)import(shelf.options("other.db"), lines, Into::any_store);
  for (const auto& [name, held] : {std::pair{"copy.db", 1}, std::pair{"other.db", 2}}) {
    INFO(name);
    Worked worked(shelf.options(name));
    CHECK(worked.reader->check().empty());
    CHECK(worked.reader->pauses().labels.size() == 1);
    CHECK(worked.reader->pauses().kinds.size() == 1);
    CHECK(claim(worked) == 0);
    CHECK(transact(*worked.store, [&](Store& s) { return s.queues().resume_label("team", "a\"b", "uid:0", worked.now); }));
    CHECK(claim(worked) == static_cast<std::size_t>(held));
    CHECK(worked.reader->check().empty());
  }
}

TEST_CASE("what is exported, imported and exported again is the same but for epochs", "[file][export][promise-I6]") {
  Shelf shelf;
  {
    Worked worked(shelf.options());
    fill(worked);
  }
  const Lines lines = exported(shelf.options());
  const Arrival arrival = import(shelf.options("copy.db"), lines);
  CHECK(arrival.tasks == 4);
  CHECK(arrival.rows == static_cast<std::int64_t>(lines.size()) - 1);
  CHECK(arrival.requeued == 0);
  CHECK(arrival.kept_aside.empty());
  CHECK(without_epochs(exported(shelf.options("copy.db"))) == without_epochs(lines));
  const Worked copy(shelf.options("copy.db"));
  CHECK(copy.reader->check() == std::vector<std::string>{});
  const auto task = copy.reader->find_external("order-1");
  REQUIRE(task);
  CHECK(copy.reader->get(*task)->payload == "{\"text\": \"g\u00fcnther \\u0000\",\n  \"n\": 1.50}");
  LogQuery query;
  query.task = *task;
  CHECK(copy.reader->log(query).lines.at(1).message == std::string("not \xff UTF-8 \0 and a zero", 25));
  CHECK(copy.reader->counts().size() == 4);
}

namespace {

NewTask echo(std::vector<TaskId> after = {}) {
  NewTask task;
  task.kind = "echo";
  task.queue = "default";
  for (const TaskId id : after) task.after.emplace_back().task = id;
  return task;
}

// An open batch with a callback, and a task that has ended with more to tell of it than one step does.
struct Composed {
  explicit Composed(Worked& worked) {
    transact(*worked.store, [&](Store& s) { return s.runners().open_runner({"host", "boot", "incarnation", 4711}, worked.now); });
    EnqueueRequest request;
    request.batch.emplace();
    request.batch->open = true;
    request.batch->name = "nightly";
    request.batch->on_finish = echo();
    request.batch->on_finish->payload = "\"callback\"";
    request.tasks.push_back(echo());
    request.request_key = "client-1";
    const auto made = std::get<EnqueueDone>(transact(*worked.store, [&](Store& s) { return s.tasks().enqueue(request, worked.now); }));
    batch = made.batch.value();
    EnqueueRequest others;
    others.tasks.assign(1'500, echo({made.tasks.at(0).id}));
    const auto stored = std::get<EnqueueDone>(transact(*worked.store, [&](Store& s) { return s.tasks().enqueue(others, worked.now); }));
    told = stored.tasks.front().id;
    untold = stored.tasks.back().id;
    REQUIRE(worked.fail(worked.claim()));
    REQUIRE(transact(*worked.store, [&](Store& s) { return s.tasks().remove(TaskId{1}, "", worked.now); }) == RemoveResult::removed);
  }
  BatchId batch{};
  TaskId told{}, untold{};
};

// Goes on where the other store was.
void go_on(Worked& worked, const Composed& composed) {
  CHECK(worked.reader->check() == std::vector<std::string>{});
  CHECK(worked.reader->get(composed.told)->status == Status::cancelled);
  CHECK(worked.reader->dependencies(composed.untold).open == 1);
  transact(*worked.store, [&](Store& s) { return s.tasks().claim({}, worked.now).next_due; });
  CHECK(worked.reader->get(composed.untold)->status == Status::cancelled);
  CHECK(worked.reader->dependencies(composed.untold).on.at(0).ended == Status::failed);
  CHECK(worked.reader->batch(composed.batch)->counts.failed == 1);
  CHECK(transact(*worked.store, [&](Store& s) { return s.batches().close(composed.batch, "", worked.now); }) == BatchClosed::closed);
  const Batch batch = worked.reader->batch(composed.batch).value();
  CHECK(batch.state == BatchState::failed);
  CHECK(worked.reader->get(batch.callbacks.at(0))->payload == "\"callback\"");
  CHECK(worked.reader->check() == std::vector<std::string>{});
}

BatchId make_empty_batch(Worked& worked) {
  EnqueueRequest request;
  request.batch.emplace();
  const EnqueueAnswer made = transact(*worked.store, [&](Store& s) { return s.tasks().enqueue(request, worked.now); });
  return std::get<EnqueueDone>(made).batch.value();
}

}  // namespace

TEST_CASE("batches, and who still has to be told of an end, come with an export", "[file][export][batches]") {
  Shelf shelf;
  std::optional<Composed> composed;
  {
    Worked worked(shelf.options());
    composed.emplace(worked);
    const BatchId gone = make_empty_batch(worked);
    CHECK(gone == BatchId{2});
    RetentionPolicy policy;
    policy.succeeded = 0ms;
    worked.now += 1s;
    transact(*worked.store, [&](Store& s) { return s.maintenance().retain(policy, worked.now, 10).more; });
    CHECK_FALSE(worked.reader->batch(gone));
  }
  const Lines lines = exported(shelf.options());
  (void)import(shelf.options("copy.db"), lines);
  CHECK(without_epochs(exported(shelf.options("copy.db"))) == without_epochs(lines));
  {
    Worked copy(shelf.options("copy.db"));
    CHECK(make_empty_batch(copy) == BatchId{3});
    go_on(copy, *composed);
  }
  {
    Worked other(shelf.options("other.db"));
    (void)make_empty_batch(other);
    REQUIRE(other.enqueue() == TaskId{1});   // the one that was deleted there
    transact(*other.store, [&](Store& s) { return s.runners().open_runner({"other", "boot", "incarnation", 1}, other.now); });
  }
  const StoreError taken = refusal([&] { (void)import(shelf.options("other.db"), lines, Into::any_store); });
  CHECK(std::string(taken.what()).find("1 batch is there already: 1;") != std::string::npos);
}

TEST_CASE("batches come with a backup, and their numbers are never taken back", "[file][restore][batches]") {
  Shelf shelf;
  std::optional<Composed> composed;
  {
    Worked worked(shelf.options());
    composed.emplace(worked);
    worked.reader->backup(shelf.file("backup.db"));
    CHECK(make_empty_batch(worked) == BatchId{2});
  }
  (void)restore_store(shelf.options(), shelf.file("backup.db"), from_ms(1'800'000'500'000));
  Worked restored(shelf.options());
  CHECK_FALSE(restored.reader->batch(BatchId{2}));
  CHECK(make_empty_batch(restored) == BatchId{3});
  go_on(restored, *composed);
}

TEST_CASE("a check finds what contradicts dependencies and batches", "[file][check][batches]") {
  Shelf shelf;
  {
    Worked worked(shelf.options());
    const TaskId first = worked.enqueue();
    EnqueueRequest request;
    request.batch.emplace();
    request.tasks = {echo({first}), echo()};
    (void)transact(*worked.store, [&](Store& s) { return s.tasks().enqueue(request, worked.now).index(); });
    CHECK(worked.reader->check() == std::vector<std::string>{});
  }
  const auto [sql, says] = GENERATE(table<std::string, std::string>(
      {{"UPDATE reeve_task SET block = 0 WHERE id = 2", "task 2 should be held back by a task that it comes after"},
       {"UPDATE reeve_task SET block = 4 WHERE id = 1", "task 1 is held back by other tasks without a reason"},
       {"UPDATE reeve_task SET followed = 0", "task 2 comes after task 1, which is queued and would not tell it"},
       {"INSERT INTO reeve_release (task, status) VALUES (1, 'failed')", "task 1 is queued, but others are still to be told"},
       {"UPDATE reeve_task SET batch = 7 WHERE id = 1", "task 1 is in batch 7, which is not there"},
       {"UPDATE reeve_task SET batch = NULL", "batch 1 is closed and all its tasks have ended"},
       {"UPDATE reeve_batch SET state = 'failed', finished_at = 1", "batch 1 has ended, but task 2 of it has not"},
       {"UPDATE reeve_batch SET state = 'succeeded', finished_at = 1, gone_failed = 2", "2 of its deleted tasks had not succeeded"},
       {"UPDATE reeve_batch SET state = 'failed', finished_at = 1; UPDATE reeve_task SET batch = NULL", "batch 1 has ended and none of its tasks is left"}}));
  write_sql(shelf.file(), sql);
  const std::vector<std::string> faults = open_reader(shelf.options())->check();
  INFO(sql);
  CHECK(std::any_of(faults.begin(), faults.end(), [wanted = std::string(says)](const std::string& fault) { return fault.find(wanted) != std::string::npos; }));
}

TEST_CASE("ids go on above those of an imported store", "[file][export][promise-I8]") {
  Shelf shelf;
  {
    Worked worked(shelf.options());
    fill(worked);
    const TaskId last = worked.enqueue();
    CancelAnswer answer = transact(*worked.store, [&](Store& s) { return s.tasks().cancel(last, "", "", worked.now); });
    REQUIRE(answer.result == CancelResult::cancelled);
    REQUIRE(transact(*worked.store, [&](Store& s) { return s.tasks().remove(last, "", worked.now); }) == RemoveResult::removed);
  }
  (void)import(shelf.options("copy.db"), exported(shelf.options()));
  Worked copy(shelf.options("copy.db"));
  CHECK(number(copy.enqueue()) == 6);   // the fifth was deleted before
}

TEST_CASE("a running attempt cannot write to what was imported or restored", "[file][export][restore][promise-I10]") {
  Shelf shelf;
  ClaimKey before{};
  {
    Worked worked(shelf.options());
    worked.enqueue();
    before = worked.claim();
    worked.reader->backup(shelf.file("backup.db"));
  }
  const bool by_backup = GENERATE(true, false);
  const Timestamp moment = from_ms(1'800'000'500'000);
  const Arrival arrival = by_backup ? restore_store(shelf.options(), shelf.file("backup.db"), moment)
                                    : import(shelf.options("copy.db"), exported(shelf.options()), Into::empty_store, moment);
  CHECK(arrival.tasks == 1);
  CHECK(arrival.requeued == 1);
  Worked after(shelf.options(by_backup ? "reeve.db" : "copy.db"));
  after.now = moment;
  CHECK(after.reader->get(before.task)->status == Status::queued);
  CHECK(after.reader->get(before.task)->crashes == 0);
  CHECK_FALSE(after.succeed(before));
  const ClaimKey again = after.claim();
  CHECK(again.epoch > before.epoch + 1);   // the next one of the store that was left may be under way
  CHECK_FALSE(after.succeed({before.task, before.epoch + 1}));
  CHECK(after.succeed(again));
  CHECK(after.reader->check() == std::vector<std::string>{});
}

TEST_CASE("an import is whole or not at all, and names the line", "[file][export]") {
  Shelf shelf;
  {
    Worked worked(shelf.options());
    fill(worked);
  }
  const Lines good = exported(shelf.options());
  struct Case {
    std::function<void(Lines&)> spoil;
    std::string says;
  };
  const std::vector<Case> cases{
      {[](Lines& lines) { lines[4] = "{\"row\":\"task\""; }, "line 5: the object does not end"},
      {[](Lines& lines) { lines[4] = "[]"; }, "line 5: a line is a JSON object"},
      {[](Lines& lines) { lines[4] = R"({"row":"planet","id":1})"; }, "line 5: row \"planet\" is not known"},
      {[](Lines& lines) { lines[4].insert(lines[4].size() - 1, ",\"colour\":1"); }, "has no \"colour\""},
      {[](Lines& lines) { lines.push_back(lines[3]); }, "UNIQUE"},
      {[](Lines& lines) { lines.pop_back(); }, "the export ends early"},
      {[](Lines& lines) { lines.erase(lines.begin()); }, "line 1: "},
      {[](Lines& lines) { lines.clear(); }, "there is nothing"},
      {[](Lines& lines) { lines[0] = R"({"reeve":"export","version":2,"schema":1,"rows":0})"; }, "newer reeve"},
      {[](Lines& lines) { lines[2] = std::regex_replace(lines[2], std::regex("\"status\":\"[a-z]+\""), "\"status\":\"asleep\""); }, "line 3: "}};
  for (const Case& one : cases) {
    Lines lines = good;
    one.spoil(lines);
    const std::size_t files = shelf.files();
    const StoreError error = refusal([&] { (void)import(shelf.options("copy.db"), lines); });
    INFO(error.what());
    CHECK(std::string(error.what()).find(one.says) != std::string::npos);
    CHECK(shelf.files() == files);   // nothing is left over, the new file least of all
  }
}

TEST_CASE("a merge keeps both stores' tasks and refuses ids that are taken", "[file][export]") {
  Shelf shelf;
  {
    Worked worked(shelf.options());
    fill(worked);
  }
  const Lines lines = exported(shelf.options());
  const StoreError full = refusal([&] { (void)import(shelf.options(), lines); });
  CHECK(std::string(full.what()).find("has 4 tasks") != std::string::npos);
  const StoreError taken = refusal([&] { (void)import(shelf.options(), lines, Into::any_store); });
  CHECK(std::string(taken.what()).find("4 tasks are there already: 1, 2, 3, 4;") != std::string::npos);
  CHECK(exported(shelf.options()) == lines);
  {
    Worked other(shelf.options("other.db"));
    for (int i = 0; i < 5; ++i) other.enqueue();
    for (int i = 1; i <= 4; ++i) {
      REQUIRE(transact(*other.store, [&](Store& s) { return s.tasks().cancel(TaskId{i}, "", "", other.now).result; }) == CancelResult::cancelled);
      REQUIRE(transact(*other.store, [&](Store& s) { return s.tasks().remove(TaskId{i}, "", other.now); }) == RemoveResult::removed);
    }
    transact(*other.store, [&](Store& s) { return s.runners().open_runner({"other", "boot", "incarnation", 1}, other.now); });
  }
  const Cursor last = Worked(shelf.options("other.db")).reader->last_event();
  const Arrival arrival = import(shelf.options("other.db"), lines, Into::any_store);
  CHECK(arrival.tasks == 4);
  CHECK(fs::exists(arrival.kept_aside));
  Worked merged(shelf.options("other.db"));
  CHECK(merged.reader->check() == std::vector<std::string>{});
  CHECK(merged.reader->get(TaskId{5})->status == Status::queued);
  CHECK(merged.reader->steps({.task = TaskId{1}}).steps.at(0).name == "fetch");
  CHECK(merged.reader->step_tries(TaskId{1}).size() == 1);
  CHECK(merged.reader->runners(10).size() == 2);
  EventQuery of_first;
  of_first.task = TaskId{1};
  CHECK(merged.reader->events(of_first).events.back().seq > last);
  CHECK(number(merged.enqueue()) == 6);
}

TEST_CASE("a restore keeps the old file aside and never takes numbers back", "[file][restore][promise-I8]") {
  Shelf shelf;
  Cursor last{};
  {
    Worked worked(shelf.options());
    fill(worked);
    worked.reader->backup(shelf.file("backup.db"));
    worked.enqueue("\"after the backup\"");
    last = worked.reader->last_event();
    const StoreError held = refusal([&] { (void)restore_store(shelf.options(), shelf.file("backup.db"), worked.now); });
    CHECK(held.kind() == StoreError::Kind::in_use);
  }
  const Arrival arrival = restore_store(shelf.options(), shelf.file("backup.db"), from_ms(1'800'000'500'000));
  CHECK(arrival.tasks == 4);
  Worked restored(shelf.options());
  CHECK_FALSE(restored.reader->get(TaskId{5}));
  CHECK(number(restored.enqueue()) == 6);
  CHECK(restored.reader->last_event() > last);
  CHECK(restored.reader->check() == std::vector<std::string>{});
  fs::rename(arrival.kept_aside, shelf.file("aside.db"));
  CHECK(Worked(shelf.options("aside.db")).reader->get(TaskId{5}));
}

TEST_CASE("what is no sound backup is not put in place", "[file][restore][promise-I7]") {
  Shelf shelf;
  {
    Worked worked(shelf.options());
    fill(worked);
    worked.reader->backup(shelf.file("backup.db"));
  }
  const Lines before = exported(shelf.options());
  const std::size_t files = shelf.files();
  const auto refused = [&](const std::string& file, StoreError::Kind kind) {
    const StoreError error = refusal([&] { (void)restore_store(shelf.options(), file, from_ms(1'800'000'500'000)); });
    INFO(error.what());
    CHECK(error.kind() == kind);
    CHECK(exported(shelf.options()) == before);
    CHECK(shelf.files() == files);
  };
  refused(shelf.file(), StoreError::Kind::unusable);
  refused(shelf.file("nowhere.db"), StoreError::Kind::unusable);
  write_sql(shelf.file("backup.db"), "PRAGMA foreign_keys = OFF; DELETE FROM reeve_payload WHERE task = 1");
  refused(shelf.file("backup.db"), StoreError::Kind::corrupt);
  std::ofstream(shelf.file("backup.db")) << std::string(5'000, 'x');
  refused(shelf.file("backup.db"), StoreError::Kind::foreign);
}

TEST_CASE("a check finds what an import could break", "[file][check]") {
  Shelf shelf;
  {
    Worked worked(shelf.options());
    fill(worked);
    CHECK(worked.reader->check() == std::vector<std::string>{});
  }
  const auto [sql, says] = GENERATE(table<std::string, std::string>({{"UPDATE reeve_task SET epoch = epoch + 7 WHERE id = 2", "epoch"},
                                                                     {"UPDATE reeve_meta SET value = '1' WHERE key = 'log_bytes'", "are counted"},
                                                                     {"DELETE FROM reeve_log WHERE task = 1 AND seq = 1", "bytes of log"},
                                                                     {"DELETE FROM reeve_label WHERE task = 1", "labels"},
                                                                     {"INSERT INTO reeve_label VALUES ('a', 'b', 1)", "label that it does not have"},
                                                                     {"UPDATE reeve_task SET dedupe = NULL", "dedupe"},
                                                                     {"INSERT INTO reeve_meta VALUES ('pruned_events', '9')", "let go up to 9"},
                                                                     {"UPDATE reeve_task SET log_let_go = 1 WHERE id = 1", "let go up to 1"}}));
  write_sql(shelf.file(), sql);
  const std::vector<std::string> faults = open_reader(shelf.options())->check();
  INFO(sql);
  CHECK(std::any_of(faults.begin(), faults.end(), [wanted = std::string(says)](const std::string& fault) { return fault.find(wanted) != std::string::npos; }));
}

TEST_CASE("space that deleted tasks have left is given back, by rewriting where nothing else helps", "[file][vacuum]") {
  Shelf shelf;
  const bool old_file = GENERATE(true, false);
  if (old_file) {   // as SQLite makes them by itself
    { Worked made(shelf.options()); }
    write_sql(shelf.file(), "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM");
  }
  {
    Worked worked(shelf.options());
    CHECK(worked.reader->anatomy().gives_space_back == !old_file);
    for (int i = 0; i < 50; ++i) {
      worked.enqueue("\"" + std::string(20'000, 'x') + "\"");
      REQUIRE(worked.succeed(worked.claim()));
    }
    worked.now += 1h;
    RetentionPolicy policy;
    policy.succeeded = 1min;
    REQUIRE(transact(*worked.store, [&](Store& s) { return s.maintenance().retain(policy, worked.now, 100); }).tasks == 50);
    const std::int64_t free = worked.reader->anatomy().free_bytes;
    CHECK(free > 800'000);
    const SpaceGiven given = transact(*worked.store, [](Store& s) { return s.maintenance().give_space_back(100'000); });
    CHECK(given.by_rewriting_only == old_file);
    CHECK(given.bytes == (old_file ? 0 : 24 * 4'096));
    CHECK(given.left == free - given.bytes);
    CHECK(refusal([&] { (void)vacuum_store(shelf.options()); }).kind() == StoreError::Kind::in_use);
  }
  const Vacuumed done = vacuum_store(shelf.options());
  CHECK(done.bytes_before - done.bytes_after > 700'000);
  CHECK(done.bytes_after == static_cast<std::int64_t>(fs::file_size(shelf.file())));
  Worked after(shelf.options());
  CHECK(after.reader->anatomy().gives_space_back);
  CHECK(after.reader->check() == std::vector<std::string>{});
}

TEST_CASE("a store is kept below its size: what ended first goes first, open tasks never", "[file][retention]") {
  Shelf shelf;
  Worked worked(shelf.options());
  const std::string payload = "\"" + std::string(10'000, 'x') + "\"";
  const TaskId open_one = worked.enqueue(payload);
  transact(*worked.store, [&](Store& s) { return s.queues().pause("none", "", "", worked.now); });
  const ClaimKey held = worked.claim();
  std::vector<TaskId> ended;
  for (int i = 0; i < 100; ++i) {
    ended.push_back(worked.enqueue(payload));
    REQUIRE(worked.succeed(worked.claim()));
    worked.now += 1s;
  }
  RetentionPolicy policy;
  policy.store_bytes = 800'000;
  RetentionReport report;
  do report.add(transact(*worked.store, [&](Store& s) { return s.maintenance().retain(policy, worked.now, 20); }));
  while (report.more);
  CHECK(report.over_bytes == 0);
  CHECK(report.tasks > 40);
  CHECK(report.tasks < 90);
  for (std::size_t i = 0; i < ended.size(); ++i) CHECK(worked.reader->get(ended[i]).has_value() == (static_cast<std::int64_t>(i) >= report.tasks));
  CHECK(worked.reader->get(open_one));
  policy.store_bytes = 1;
  do report = transact(*worked.store, [&](Store& s) { return s.maintenance().retain(policy, worked.now, 1'000); });
  while (report.more);
  CHECK(report.over_bytes > 0);
  CHECK(worked.reader->would_let_go(policy, worked.now).over_bytes > 0);
  CHECK(worked.succeed(held));
  CHECK(worked.reader->check() == std::vector<std::string>{});
}

}  // namespace reeve::store

// reeve batch create | add | list | show | close | wait
#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/json_object.hpp"
#include "cli/json_slice.hpp"
#include "cli/progress_bar.hpp"
#include "cli/selector.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/waiting.hpp"

namespace reeve::cli {
namespace {

constexpr std::chrono::minutes for_many_tasks{5};

std::string path_of_batch(const std::string& word, std::string_view rest = {}) {
  return "/v1/batches/" + std::to_string(batch_number(word)) + std::string(rest);
}

Tone tone_of_batch(std::string_view state) { return state == "succeeded" ? Tone::good : state == "failed" ? Tone::bad : Tone::plain; }

std::string ended_of_total(const Object& batch) {
  return std::to_string(integer_in(batch, "ended").value_or(0)) + " of " + std::to_string(integer_in(batch, "total").value_or(0));
}

// "3 failed, 1 cancelled"; what is zero is left out.
std::string count_words(const Object& batch) {
  const Object& counts = object_in(batch, "counts");
  std::string words;
  for (const char* status : {"queued", "claimed", "running", "waiting", "succeeded", "failed", "cancelled"})
    if (const std::int64_t count = integer_in(counts, status).value_or(0); count > 0)
      words += (words.empty() ? "" : ", ") + std::to_string(count) + " " + status;
  return words;
}

// The lines of NDJSON as a JSON array.
std::string array_of_lines(const std::string& text) {
  std::string array = "[";
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (const std::string fault = fault_in_json(line); !fault.empty()) throw UsageError("line " + std::to_string(number) + " is not JSON: " + fault);
    array += (array.size() > 1 ? "," : "") + line;
  }
  return array + "]";
}

// "KIND", "KIND=PAYLOAD", or a whole task as JSON.
std::string callback_of(const char* option, const std::string& word) {
  if (word.starts_with('{')) {
    if (const std::string fault = fault_in_json(word); !fault.empty()) throw UsageError(std::string(option) + " is not JSON: " + fault);
    return word;
  }
  const std::size_t equals = word.find('=');
  JsonObject task{};
  task.add("kind", word.substr(0, equals));
  if (equals != std::string::npos) {
    const std::string payload = word.substr(equals + 1);
    if (const std::string fault = fault_in_json(payload); !fault.empty())
      throw UsageError(std::string(option) + ": the payload is not JSON: " + fault + "; write KIND, KIND=JSON or a task as JSON");
    task.add_raw("payload", payload);
  }
  return task.text();
}

class BatchCreate final : public Verb {
 public:
  About about() const override {
    return {"batch create", "tasks that are counted together and end together; prints the batch's number",
            "  reeve batch create --file pages.ndjson --on-success 'book.bind={\"book\":7}'\n"
            "  B=$(reeve batch create --open --name import) && reeve enqueue row.load '{\"n\":1}' --batch $B && reeve batch close $B\n"};
  }
  void declare(Grammar& grammar) override {
    grammar.option("--file", file_, "FILE", "its tasks: NDJSON, a task a line as in the API; - for stdin");
    grammar.flag("--open", open_, "more tasks may be added until it is closed");
    grammar.option("--name", name_, "TEXT", "for people");
    grammar.option("--on-success", on_success_, "KIND[=JSON]", "enqueued when all its tasks succeeded; also a whole task as JSON");
    grammar.option("--on-failure", on_failure_, "KIND[=JSON]", "enqueued when all have ended and not all succeeded");
    grammar.option("--on-finish", on_finish_, "KIND[=JSON]", "enqueued when all have ended, in any case");
    grammar.option("--metadata", metadata_, "JSON", "kept with the batch");
    grammar.option("--idempotency-key", idempotency_key_, "KEY", "of this request: the same key again gives the first answer");
  }

  int run(Session& session) override {
    if (!file_ && !open_) throw UsageError("a batch of no tasks ends at once; give --file tasks.ndjson, or --open to add tasks later");
    JsonObject body{};
    if (name_) body.add("name", *name_);
    if (open_) body.add_raw("open", "true");
    if (metadata_) {
      if (const std::string fault = fault_in_json(*metadata_); !fault.empty()) throw UsageError("--metadata is not JSON: " + fault);
      body.add_raw("metadata", *metadata_);
    }
    if (on_success_) body.add_raw("on_success", callback_of("--on-success", *on_success_));
    if (on_failure_) body.add_raw("on_failure", callback_of("--on-failure", *on_failure_));
    if (on_finish_) body.add_raw("on_finish", callback_of("--on-finish", *on_finish_));
    if (file_) body.add_raw("tasks", array_of_lines(text_of(session, *file_)));
    Headers headers{};
    if (idempotency_key_) headers["Idempotency-Key"] = *idempotency_key_;
    const Answer answer = session.daemon().post("/v1/batches", body.text(), headers, for_many_tasks);
    const Object made = answer.object();
    const Object& batch = object_in(made, "batch");
    session.print(session.json() ? answer.body : std::to_string(integer_in(batch, "id").value_or(0)));
    tell_others(session, made);
    return ExitCode::ok;
  }

 private:
  // Tasks that were there already are not counted in the batch; whoever does not hear of it waits for the wrong number.
  static void tell_others(const Session& session, const Object& made) {
    std::size_t others = 0;
    for (const auto& task : array_in(made, "tasks")) {
      const std::string disposition = text_in(as_object(task), "disposition");
      if (disposition == "reused" || disposition == "coalesced") ++others;
    }
    if (others > 0) session.say(std::to_string(others) + (others == 1 ? " task was" : " tasks were") + " there already and do not count in the batch");
  }

  std::optional<std::string> file_{}, name_{}, on_success_{}, on_failure_{}, on_finish_{}, metadata_{}, idempotency_key_{};
  bool open_ = false;
};

class BatchAdd final : public Verb {
 public:
  About about() const override { return {"batch add", "add tasks to an open batch; prints their ids", "  producer | reeve batch add 12 -\n"}; }
  void declare(Grammar& grammar) override {
    grammar.required("BATCH", batch_, "its number");
    grammar.required("FILE", file_, "NDJSON, a task a line as in the API; - for stdin");
    grammar.option("--idempotency-key", idempotency_key_, "KEY", "of this request: the same key again gives the first answer");
  }
  int run(Session& session) override {
    Headers headers{{"Content-Type", "application/x-ndjson"}};
    if (idempotency_key_) headers["Idempotency-Key"] = *idempotency_key_;
    const std::string path = "/v1/tasks/bulk?batch=" + std::to_string(batch_number(batch_));
    const Answer answer = session.daemon().post(path, text_of(session, file_), headers, for_many_tasks);
    for (const std::string_view task : elements_of(member_of(answer.body, "tasks").value_or("[]")))
      session.print(session.json() ? task : member_of(task, "id").value_or("?"));
    return ExitCode::ok;
  }

 private:
  std::string batch_{};
  std::string file_{};
  std::optional<std::string> idempotency_key_{};
};

class BatchList final : public Verb {
 public:
  About about() const override { return {"batch list", "batches, the newest first", "  reeve batch list --state failed\n"}; }
  void declare(Grammar& grammar) override {
    grammar.option("--state", state_, "STATE", "open, closed, succeeded, failed");
    grammar.option("-n,--limit", limit_, "N", "at most so many (50)");
    grammar.option("--before", before_, "BATCH", "those older than this one");
  }
  int run(Session& session) override {
    std::string query = "?limit=" + std::to_string(limit_.value_or(50));
    if (state_) query += "&state=" + percent_encoded(*state_);
    if (before_) query += "&before=" + std::to_string(batch_number(*before_));
    const Answer answer = session.daemon().get("/v1/batches" + query);
    if (session.json()) return session.print(answer.body), ExitCode::ok;
    const Object all = answer.object();
    Table table({{"BATCH", true, false}, {"NAME", false, true}, {"STATE", false, false}, {"ENDED", true, false}, {"FAILED", true, false}, {"CREATED", false, false}});
    for (const auto& one : array_in(all, "batches")) table.add(row(session, as_object(one)));
    if (table.empty()) session.say("no batches; reeve batch create makes one");
    else table.print(session.out(), session.paper());
    return ExitCode::ok;
  }

 private:
  static std::vector<Cell> row(const Session& session, const Object& batch) {
    const std::string state = text_in(batch, "state");
    const std::int64_t failed = integer_in(object_in(batch, "counts"), "failed").value_or(0);
    std::vector<Cell> cells;
    cells.push_back(Cell{std::to_string(integer_in(batch, "id").value_or(0)), Tone::plain, {}});
    cells.push_back(Cell{text_in(batch, "name"), Tone::plain, {}});
    cells.push_back(Cell{state, tone_of_batch(state), {}});
    cells.push_back(Cell{ended_of_total(batch), Tone::plain, {}});
    cells.push_back(Cell{std::to_string(failed), failed > 0 ? Tone::bad : Tone::plain, {}});
    cells.push_back(session.when(moment_in(batch, "created_at")));
    return cells;
  }

  std::optional<std::string> state_{}, before_{};
  std::optional<int> limit_{};
};

// What is asked about one batch by its number.
class BatchWord : public Verb {
 public:
  void declare(Grammar& grammar) override { grammar.required("BATCH", batch_, "its number"); }

 protected:
  static void show(const Session& session, const Object& batch) {
    const std::string state = text_in(batch, "state");
    session.print("batch " + std::to_string(integer_in(batch, "id").value_or(0)) + "  " + session.shown_line(text_in(batch, "name")));
    session.print("  state       " + state);
    session.print("  ended       " + ended_of_total(batch) + ", " + plain_number(number_in(batch, "percent").value_or(0)) + "%");
    session.print("  tasks       " + count_words(batch));
    session.print("  created by  " + session.shown_line(text_in(batch, "created_by")));
    for (const auto& [title, member] : {std::pair{"created", "created_at"}, std::pair{"closed", "closed_at"}, std::pair{"finished", "finished_at"}})
      if (const auto at = moment_in(batch, member)) session.print("  " + std::string(title) + std::string(12 - std::string_view(title).size(), ' ') + session.moment_text(*at));
    for (const auto& id : array_in(batch, "callbacks")) session.print("  enqueued    task " + shown(id));
  }
  std::string batch_{};
};

class BatchShow final : public BatchWord {
 public:
  About about() const override {
    return {"batch show", "how far a batch is", "  reeve batch show 12\n  reeve list --batch 12 --state failed       its tasks\n"};
  }
  int run(Session& session) override {
    const Answer answer = session.daemon().get(path_of_batch(batch_));
    if (session.json()) session.print(answer.body);
    else show(session, answer.object());
    return ExitCode::ok;
  }
};

class BatchClose final : public BatchWord {
 public:
  About about() const override { return {"batch close", "nothing is added any more: it ends with the last of its tasks", "  reeve batch close 12\n"}; }
  int run(Session& session) override {
    const Answer answer = session.daemon().post(path_of_batch(batch_, "/close"));
    if (session.json()) return session.print(answer.body), ExitCode::ok;
    const Object said = answer.object();
    const Object& batch = object_in(said, "batch");
    session.say("batch " + batch_ + (is_set_in(said, "changed") ? " is closed" : " was closed already") + ": " + ended_of_total(batch) + " ended");
    return ExitCode::ok;
  }
};

class BatchWait final : public BatchWord {
 public:
  About about() const override {
    return {"batch wait", "wait until a batch has ended; 1 if not all its tasks succeeded, 124 after the timeout", "  reeve batch wait 12 --timeout 1h\n"};
  }
  void declare(Grammar& grammar) override {
    BatchWord::declare(grammar);
    grammar.option("-t,--timeout", timeout_, "DURATION", "give up after this long (exit code 124); the batch goes on");
  }
  int run(Session& session) override {
    const auto timeout = timeout_in(timeout_);
    const Waited waited = wait_for_batch(session, path_of_batch(batch_, "/wait"), timeout);
    if (!waited.done) {
      session.say("batch " + batch_ + " has not ended after " + *timeout_ + "; see reeve batch show " + batch_);
      return ExitCode::timed_out;
    }
    const Object batch = parse_object(waited.task);
    if (session.json()) session.print(waited.task);
    else session.print(batch_ + "\t" + text_in(batch, "state") + "\t" + count_words(batch));
    return text_in(batch, "state") == "succeeded" ? ExitCode::ok : ExitCode::failed;
  }

 private:
  std::optional<std::string> timeout_{};
};

}  // namespace

std::unique_ptr<Verb> make_batch_create() { return std::make_unique<BatchCreate>(); }
std::unique_ptr<Verb> make_batch_add() { return std::make_unique<BatchAdd>(); }
std::unique_ptr<Verb> make_batch_list() { return std::make_unique<BatchList>(); }
std::unique_ptr<Verb> make_batch_show() { return std::make_unique<BatchShow>(); }
std::unique_ptr<Verb> make_batch_close() { return std::make_unique<BatchClose>(); }
std::unique_ptr<Verb> make_batch_wait() { return std::make_unique<BatchWait>(); }

}  // namespace reeve::cli

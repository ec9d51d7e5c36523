#include <ostream>

#include "cli/compose/inbox_rows.hpp"
#include "cli/compose/offline_inbox.hpp"
#include "cli/enqueue_options.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/json_slice.hpp"
#include "cli/selector.hpp"
#include "cli/task_view.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/waiting.hpp"

namespace reeve::cli {
namespace {

class Enqueue final : public Verb {
 public:
  About about() const override {
    return {"enqueue", "hand a task to the handler of its kind; prints the id",
            "  reeve enqueue report.generate '{\"month\":\"2026-10\"}'\n"
            "  reeve enqueue report.generate @payload.json --delay 5m --label team=billing\n"
            "  producer | reeve enqueue image.resize - --wait       wait, show progress, print the result\n"
            "  reeve enqueue --batch-file tasks.ndjson              a task a line, all or none\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.optional("KIND", kind_, "the name of a handler");
    grammar.optional("PAYLOAD", payload_, "JSON, - for stdin, or @file; null when left out");
    options_.declare(grammar);
    grammar.option("--max-attempts", max_attempts_, "N", "in place of the handler's");
    grammar.flag("--allow-unknown", allow_unknown_, "store it although no handler has the kind");
    grammar.flag("-w,--wait", wait_, "wait for its end; prints the result, 1 if it did not succeed");
    grammar.option("--wait-timeout", wait_timeout_, "DURATION", "with --wait: give up after this long (124); the task goes on");
    grammar.option("--store", store_, "FILE", "when no daemon answers: the store in whose inbox the task is left");
    grammar.option("--batch-file", batch_file_, "FILE", "NDJSON, a task a line as in the API; - for stdin");
  }

  int run(Session& session) override {
    if (batch_file_) return enqueue_batch(session);
    if (!kind_ || kind_->empty()) throw UsageError("enqueue what? Name the kind: reeve enqueue report.generate '{\"n\":1}'");
    const auto timeout = timeout_in(wait_timeout_);
    const std::string text = payload(session);
    Answer answer{};
    try {
      answer = session.daemon().post("/v1/tasks", request(text), options_.headers());
    } catch (const api::NobodyListens& nobody) {
      if (!may_leave(session)) throw;
      return leave(session, {row(text)}, nobody);
    }
    const Object made = answer.object();
    const std::int64_t id = integer_in(made, "id").value_or(0);
    remark(session, made, id);
    if (wait_) return wait(session, id, timeout);
    session.print(session.json() ? answer.body : std::to_string(id));
    return ExitCode::ok;
  }

 private:
  [[nodiscard]] std::string payload(const Session& session) const {
    return payload_ ? payload_of(session, *payload_) : "null";
  }

  [[nodiscard]] std::string request(const std::string& payload_text) const {
    JsonObject task{};
    task.add("kind", *kind_).add_raw("payload", payload_text);
    add_members(task);
    return task.text();
  }

  void add_members(JsonObject& task) const {
    options_.add_to(task);
    if (max_attempts_) task.add("max_attempts", *max_attempts_);
    if (allow_unknown_) task.add_raw("allow_unknown", "true");
  }

  // A socket that was named means that daemon and no other; then only a store that was named too is surely its own.
  [[nodiscard]] bool may_leave(const Session& session) const {
    const bool socket_was_named = !session.options().socket.empty() || !session.environment()("REEVE_SOCKET").value_or("").empty();
    return !wait_ && options_.headers().empty() && (store_ || !socket_was_named);
  }

  [[nodiscard]] store::DoorRow row(const std::string& payload_text) const {
    JsonObject members{};
    add_members(members);
    store::DoorRow row{};
    row.kind = *kind_;
    row.payload = payload_text;
    row.options = members.text();
    return row;
  }

  // With no daemon there is nobody who knows idempotency keys, or whose answer could be waited for.
  int leave(Session& session, const std::vector<store::DoorRow>& rows, const api::NobodyListens& nobody) const {
    std::string url{};
    try {
      url = compose::leave_for_later(store_.value_or(""), {session.options().config, {}}, compose::surroundings(session.environment()), rows);
    } catch (const compose::NotAcceptable& refused) {
      throw UsageError(refused.what());
    } catch (const store::StoreError& error) {
      session.say("reeve: nobody answers, and it cannot be left in the inbox either: " + safe_line(error.what()));
      throw nobody;
    }
    JsonObject left{};
    left.add("disposition", "inbox").add("store", url).add("tasks", static_cast<std::int64_t>(rows.size()));
    if (session.json()) session.print(left.text());
    if (rows.size() == 1) session.say("no daemon answers: the task lies in the inbox of " + safe_line(url) + "; it gets its id when the daemon starts");
    else session.say("no daemon answers: " + std::to_string(rows.size()) + " tasks lie in the inbox of " + safe_line(url) + "; they get their ids when the daemon starts");
    return ExitCode::ok;
  }

  static void remark(const Session& session, const Object& made, std::int64_t id) {
    const std::string disposition = text_in(made, "disposition");
    const std::string task = "task " + std::to_string(id);
    const std::string differs = is_set_in(made, "payload_mismatch") ? ", with another payload; it keeps its own" : "";
    if (disposition == "reused") session.say(task + " was there already" + differs);
    if (disposition == "coalesced") session.say(task + " stands in, nothing new was stored" + differs);
    if (disposition == "superseded") session.say(task + " supersedes " + ids_in(made, "superseded"));
  }

  static std::string ids_in(const Object& made, std::string_view name) {
    std::string ids;
    const auto* list = made.if_contains({name.data(), name.size()});
    if (list == nullptr || !list->is_array()) return ids;
    for (const auto& id : list->get_array())
      if (id.is_int64()) ids += (ids.empty() ? "" : ", ") + std::to_string(id.get_int64());
    return ids;
  }

  int wait(Session& session, std::int64_t id, std::optional<std::chrono::milliseconds> timeout) const {
    session.say("task " + std::to_string(id));
    const Waited waited = wait_for(session, std::to_string(id), timeout, Daemon::has_answered);
    if (!waited.done) {
      session.say("task " + std::to_string(id) + " is not finished after " + *wait_timeout_ + "; go on waiting with reeve wait " + std::to_string(id));
      return ExitCode::timed_out;
    }
    const Object task = parse_object(waited.task);
    if (session.json()) session.print(waited.task);
    else if (const auto result = member_of(waited.task, "result")) session.print(session.terminal().out ? session.shown_text(*result) : std::string(*result));
    const int code = exit_code_of_task(task);
    if (code != ExitCode::ok)
      session.say("task " + std::to_string(id) + " " + text_in(task, "status") + ": " + session.shown_line(error_text(object_in(task, "error"))) +
                  "; see reeve show " + std::to_string(id));
    return code;
  }

  int enqueue_batch(Session& session) const {
    if (kind_) throw UsageError("--batch-file and a kind exclude each other: each line of the file names its own");
    if (wait_) throw UsageError("--batch-file and --wait exclude each other; wait for the ids it prints with reeve wait");
    const std::string body = text_of(session, *batch_file_);
    Headers headers = options_.headers();
    headers["Content-Type"] = "application/x-ndjson";
    Answer answer{};
    try {
      answer = session.daemon().post("/v1/tasks/bulk", body, headers, std::chrono::minutes{5});
    } catch (const api::NobodyListens& nobody) {
      if (!may_leave(session)) throw;
      return leave(session, compose::rows_of_lines(body), nobody);
    }
    for (const std::string_view task : elements_of(member_of(answer.body, "tasks").value_or("[]")))
      session.print(session.json() ? task : member_of(task, "id").value_or("?"));
    return ExitCode::ok;
  }

  std::optional<std::string> kind_{};
  std::optional<std::string> payload_{};
  EnqueueOptions options_{};
  std::optional<int> max_attempts_{};
  bool allow_unknown_ = false;
  bool wait_ = false;
  std::optional<std::string> wait_timeout_{};
  std::optional<std::string> batch_file_{};
  std::optional<std::string> store_{};
};

}  // namespace

std::unique_ptr<Verb> make_enqueue() { return std::make_unique<Enqueue>(); }

}  // namespace reeve::cli

// handlers:

#include "config/environment.hpp"
#include "config/limit_values.hpp"
#include "config/payload_schema.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"
#include "handlers/admit.hpp"

namespace reeve::config {

namespace {

using namespace std::chrono_literals;
using Draft = HandlerDraft;

constexpr std::int64_t tebibyte = 1LL << 40;

// Paths to parts of a draft, for the table.
#define REEVE_AT(member) [](Draft & draft) -> auto& { return draft.member; }

void read_command(Reading& reading, const Node& node, Draft& draft) {
  auto command = read_texts(reading, node);
  if (!command) return;
  if (command->empty() || command->front().empty()) return reading.error(node.place, "the command is empty; write [/path/to/program, argument]");
  // A name without a slash is looked up in PATH; anything else relative lies beside the file.
  if (command->front().find('/') != std::string::npos) command->front() = reading.resolved(command->front());
  draft.process.command = std::move(*command);
}

void read_aliases(Reading& reading, const Node& node, Draft& draft) {
  auto names = read_texts(reading, node);
  if (!names) return;
  for (std::size_t i = 0; i < names->size(); ++i) {
    if (!handlers::is_name((*names)[i])) reading.error(node.items[i].place, described(node.items[i]) + " is not a kind; write 1 to 128 of the characters A-Z a-z 0-9 _ . : -");
    if ((*names)[i].starts_with("reeve.")) reading.error(node.items[i].place, "kinds that begin with 'reeve.' are built in and cannot be renamed");
  }
  if (names->size() > 64) reading.error(node.place, std::to_string(names->size()) + " aliases were found; write at most 64");
  draft.handler.aliases = std::move(*names);
}

void read_exit_codes(Reading& reading, const Node& node, Draft& draft) {
  using executors::ExitMeaning;
  static const Words words{{"success", "retry", "reject"}, {"snooze"}};
  constexpr ExitMeaning meanings[] = {ExitMeaning::success, ExitMeaning::retry, ExitMeaning::reject};
  if (!is_mapping(reading, node, "exit codes")) return;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    const auto code = parse_integer(entry.key);
    if (!code || *code < 0 || *code > 255) reading.error(entry.place, "not an exit code; write 0 to 255");
    const auto meaning = read_word(reading, entry.value, words);
    if (code && meaning) draft.process.exit_codes[static_cast<int>(*code)] = meanings[*meaning];
  }
}

void read_handler_labels(Reading& reading, const Node& node, Draft& draft) { read_labels(reading, node, draft.handler.labels); }

// An account: a name or a number.
std::optional<std::string> read_account(Reading& reading, const Node& node) {
  auto name = read_filled_text(reading, node);
  if (!name || name->find_first_of(":/ \t\n") == std::string::npos) return name;
  reading.error(node.place, described(node) + " is not the name or number of an account");
  return std::nullopt;
}

std::optional<std::chrono::seconds> read_seconds(Reading& reading, const Node& node) {
  const auto value = read_duration(reading, node, {1s, year});
  if (!value) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*value);
}

Field<Draft> map_field(std::string_view name, void (*read)(Reading&, const Node&, Draft&), std::string values, std::string_view why) {
  return {name, why, read, mapping_schema(values)};
}

using Schema = std::shared_ptr<const handlers::JsonSchema>;

Field<Draft> schema_field(std::string_view name, Schema& (*where)(Draft&), std::string_view why) {
  return field<Draft>(name, where, why, read_json_schema, R"({"type":["object","string"]})");
}

executors::Sandbox& sandbox_of(Draft& draft) {
  if (!draft.process.sandbox) draft.process.sandbox.emplace();
  return *draft.process.sandbox;
}

std::optional<std::string> read_plugin(Reading& reading, const Node& node) {
  const auto path = read_filled_text(reading, node) ? read_resolved(reading, node) : std::nullopt;
  if (!path) return std::nullopt;
  return reading.resolved(*path);
}

void read_env_into(Reading& reading, const Node& node, Draft& draft) { read_environment(reading, node, draft.process.env); }
void read_metadata(Reading&, const Node& node, Draft& draft) { draft.handler.metadata = to_json(node); }

}  // namespace

void read_labels(Reading& reading, const Node& node, store::Labels& labels) {
  if (!is_mapping(reading, node, "labels")) return;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    if (!handlers::is_label_key(entry.key)) reading.error(entry.place, "not a key of a label; write 1 to 128 of the characters A-Z a-z 0-9 - _ . /");
    auto value = read_text(reading, entry.value);
    if (value && value->size() > 1024) reading.error(entry.value.place, "the label has " + std::to_string(value->size()) + " bytes; write at most 1024");
    else if (value) labels[entry.key] = std::move(*value);
  }
  if (node.entries.size() > 64) reading.error(node.place, std::to_string(node.entries.size()) + " labels were found; write at most 64");
}

const Table<handlers::RetryPolicy>& retry_table() {
  using handlers::Backoff;
  using handlers::Jitter;
  using handlers::RetryPolicy;
  static const Table<RetryPolicy> table{
      {
          integer<RetryPolicy>("attempts", &RetryPolicy::attempts, {1, 100'000}, "tries in all, the first included"),
          integer<RetryPolicy>("crashes", &RetryPolicy::crashes, {1, 100'000}, "the crash, out-of-memory kill or lost runner that fails the task; counted apart"),
          word<RetryPolicy>("backoff", &RetryPolicy::backoff, {{"fixed", "linear", "exponential"}, {}},
                            std::vector{Backoff::fixed, Backoff::linear, Backoff::exponential}, "how the pause grows from try to try"),
          duration<RetryPolicy>("base", &RetryPolicy::base, {0ms, year}, "the first pause"),
          duration<RetryPolicy>("max", &RetryPolicy::max, {0ms, year}, "no pause is longer, jitter included"),
          number<RetryPolicy>("factor", &RetryPolicy::factor, {1, 1000}, "what exponential multiplies the pause with"),
          word<RetryPolicy>("jitter", &RetryPolicy::jitter, {{"full", "none", "ratio"}, {}}, std::vector{Jitter::full, Jitter::none, Jitter::ratio},
                            "full draws from 0 to the pause, so that many failures do not come back at once"),
          number<RetryPolicy>("jitter_ratio", &RetryPolicy::jitter_ratio, {0, 1}, "with jitter ratio: the pause is up to this share shorter or longer"),
          texts<RetryPolicy>("retry_on", &RetryPolicy::retry_on, "when given, only failures with these error codes are retried"),
          texts<RetryPolicy>("reject_on", &RetryPolicy::reject_on, "failures with these error codes are final at once"),
      },
      {{"keep_steps", "schedule", "script"}, {}}};
  return table;
}

const Table<executors::OutputLimits>& output_table() {
  using executors::OutputLimits;
  static const Table<OutputLimits> table{
      {
          size<OutputLimits>("head", &OutputLimits::head_bytes, {0, 1 << 30}, "how much is kept of the beginning of stdout and stderr together"),
          size<OutputLimits>("tail", &OutputLimits::tail_bytes, {0, 1 << 30}, "how much is kept of the end; what lies between is dropped and counted"),
          size<OutputLimits>("line", &OutputLimits::line_bytes, {256, 16 << 20}, "a longer line is cut"),
      },
      {{"format", "stderr", "level"}, {}}};
  return table;
}

const Table<Draft>& limits_table() {
  static const Table<Draft> table{
      {
          size<Draft>("memory", REEVE_AT(process.limits.memory_bytes), {1 << 20, tebibyte}, "the memory of the whole process tree; no limit when left out"),
          field<Draft>("cpu", REEVE_AT(process.limits.cpu), "processor time, rounded up to seconds", read_seconds, duration_schema()),
          number<Draft>("cpus", REEVE_AT(process.limits.cpus), {0.01, 1024}, "processors at once, 0.5 is half of one; the whole process tree, needs cgroups"),
          integer<Draft>("processes", REEVE_AT(process.limits.processes), {1, 1'000'000}, "processes and threads at once"),
          integer<Draft>("open_files", REEVE_AT(process.limits.open_files), {8, 1'000'000}, "open descriptors of a process"),
          size<Draft>("file_size", REEVE_AT(process.limits.file_size_bytes), {0, 1LL << 50}, "the largest file it may write"),
          size<Draft>("output", REEVE_AT(output), {4096, 1 << 30}, "in place of output.head and output.tail: a quarter of this is head, the rest is tail"),
      },
      {{"io", "network", "swap"}, {}}};
  return table;
}

const Table<Draft>& handler_table() {
  using executors::PayloadBy;
  using executors::ResultBy;
  using handlers::OnStale;
  static const Table<Draft> table{
      {
          Field<Draft>{"aliases", "earlier names of the kind: their tasks are run by this handler, and stored under its name from now on", read_aliases, texts_schema()},
          word<Draft>("executor", REEVE_AT(handler.executor), {{"process", "inline", "thread", "worker", "remote"}, {}},
                      std::vector<std::string>{"process", "inline", "thread", "worker", "remote"},
                      "process starts a child for each attempt; worker keeps processes warm that serve many; inline runs a built-in inside the daemon; "
                      "thread runs a function on a pool of threads; remote leaves it to workers that claim over HTTP"),
          Field<Draft>{"command", "the program and its arguments, never through a shell; {payload.field} stands for a member of the payload", read_command, texts_schema()},
          word<Draft>("builtin", REEVE_AT(builtin), {{"noop", "echo", "sleep", "fail", "http"}, {"sql.maintain"}},
                      std::vector<std::string>{"noop", "echo", "sleep", "fail", "http"}, "the function that an inline handler runs"),
          section<Draft>("with", REEVE_AT(with), http_table(), "with builtin http: what is sent where the payload says nothing else"),
          field<Draft>("plugin", REEVE_AT(thread.plugin), "with executor thread: the shared library that runs the tasks; ${NAME} may stand in it", read_plugin, text_schema()),
          text<Draft>("function", REEVE_AT(thread.function), "with executor thread: a function that the program around reeve registered"),
          field<Draft>("queue", REEVE_AT(handler.queue), "where tasks of the kind wait; it need not be declared", read_name,
                       with_member(name_schema(), "default", json_quoted("default"))),
          integer<Draft>("priority", REEVE_AT(handler.priority), {0, 9}, "9 is served first"),
          limit<Draft>("concurrency", REEVE_AT(handler.concurrency), "how many attempts of the kind run at once; no limit of its own when left out"),
          section<Draft>("dedupe", REEVE_AT(handler.dedupe), dedupe_table(), "what a dedupe key means for the kind"),
          section<Draft>("concurrency_key", REEVE_AT(handler.concurrency_key), concurrency_key_table(), "how many tasks of one key run at once, and what becomes of the others"),
          field<Draft>("rate", REEVE_AT(handler.rate), "how many attempts of the kind start in a time: 10/s, 100/1m; no limit when left out", read_rate, rate_schema()),
          field<Draft>("key_rate", REEVE_AT(handler.key_rate), "how many attempts of the kind with one concurrency key start in a time: 10/m; each key by itself, tasks without a key are not limited",
                       read_rate, rate_schema()),
          field<Draft>("resources", REEVE_AT(handler.resources), "what each attempt needs of supervisor.resources; REEVE_RESOURCE_GPU tells it which units it has",
                       read_needs, needs_schema()),
          field<Draft>("fair_by", REEVE_AT(handler.fair_by), "the label that says whose a task is; in place of the queue's", read_fair_by, text_schema()),
          section<Draft>("retry", REEVE_AT(handler.retry), retry_table(), "what happens after a failure"),
          duration<Draft>("timeout", REEVE_AT(handler.timeout), {1ms, year}, "an attempt that runs longer is stopped; without it a hung handler holds its place for ever"),
          duration<Draft>("soft_timeout", REEVE_AT(handler.soft_timeout), {1ms, year}, "an attempt that runs longer is warned about"),
          duration<Draft>("watchdog", REEVE_AT(handler.watchdog), {1ms, year}, "an attempt that is silent for longer is flagged stale"),
          word<Draft>("on_crash", REEVE_AT(on_crash), {{"retry", "fail"}, {}}, std::vector{OnCrash::retry, OnCrash::fail},
                      "retry tries again after a crash, an out-of-memory kill or a lost runner, within retry.crashes; fail ends the task at the first, as retry.crashes: 1 does"),
          flag<Draft>("keep_steps", REEVE_AT(handler.keep_steps), "false deletes the steps of a task when it succeeds"),
          duration<Draft>("lease", REEVE_AT(remote.lease), {1s, 24h}, "with executor remote: how long the worker elsewhere may be silent"),
          word<Draft>("on_stale", REEVE_AT(handler.on_stale), {{"mark", "kill"}, {}}, std::vector{OnStale::mark, OnStale::kill},
                      "mark only flags a stale attempt; kill stops it and tries again"),
          field<Draft>("stop_signal", REEVE_AT(process.stop_signal), "what asks the process to end", read_signal,
                       with_member(text_schema(), "default", json_quoted("TERM"))),
          duration<Draft>("stop_grace", REEVE_AT(handler.stop_grace), {0ms, year}, "the time between that signal and the kill of the whole tree"),
          map_field("env", read_env_into, text_schema(), "the whole environment besides PATH and REEVE_*; ${NAME} and file:/path refer to secrets"),
          field<Draft>("cwd", REEVE_AT(process.cwd), "the working directory", read_path, with_member(text_schema(), "default", json_quoted("/"))),
          field<Draft>("umask", REEVE_AT(process.umask), "the file mode mask; the daemon's when left out", read_mode, mode_schema()),
          field<Draft>("user", REEVE_AT(process.user), "the account to run as; needs a daemon that runs as root", read_account, text_schema()),
          field<Draft>("group", REEVE_AT(process.group), "the group to run as; the user's own when left out", read_account, text_schema()),
          integer<Draft>("nice", REEVE_AT(process.nice), {-20, 19}, "the scheduling priority; 19 yields to everybody"),
          word<Draft>("payload", REEVE_AT(process.payload), {{"stdin", "file", "none"}, {}},
                      std::vector{PayloadBy::stdin_, PayloadBy::file, PayloadBy::none}, "how the process gets the payload; file sets REEVE_PAYLOAD_FILE"),
          size<Draft>("payload_limit", REEVE_AT(handler.payload_bytes_max), {0, 1 << 30}, "a larger payload is refused when it is enqueued, a larger input or output of a step when it is told"),
          word<Draft>("result", REEVE_AT(process.result), {{"message", "stdout", "none"}, {}},
                      std::vector{ResultBy::message, ResultBy::stdout_, ResultBy::none}, "where the result comes from; message is the protocol on descriptor 3"),
          size<Draft>("result_limit", REEVE_AT(process.result_bytes_max), {0, 1 << 30}, "a larger result fails the attempt"),
          map_field("exit_codes", read_exit_codes, words_schema({"success", "retry", "reject"}), "what an exit code means, in place of the usual table"),
          section<Draft>("limits", [](Draft& draft) -> Draft& { return draft; }, limits_table(), "hard limits of a process"),
          section<Draft>("sandbox", sandbox_of, sandbox_table(), "what it may not touch; a layer that this machine cannot give fails the start"),
          section<Draft>("output", REEVE_AT(process.output), output_table(), "how much of what it prints is kept"),
          section<Draft>("processes", REEVE_AT(worker), processes_table(), "executor worker: how many processes are kept"),
          section<Draft>("recycle", REEVE_AT(worker.recycle), recycle_table(), "executor worker: when a process is replaced, between tasks"),
          integer<Draft>("parallel", REEVE_AT(worker.parallel), {1, 10'000}, "executor worker: tasks that one process takes at once"),
          duration<Draft>("start_timeout", REEVE_AT(worker.start_timeout), {1ms, year}, "executor worker: a process that is not ready after this is killed"),
          schema_field("payload_schema", REEVE_AT(handler.payload_schema), "JSON Schema (draft-07) of payloads, here or the path of a JSON file; others are refused when they are enqueued"),
          schema_field("result_schema", REEVE_AT(handler.result_schema), "the same of results; another fails the attempt with the code invalid_result"),
          schema_field("labels_schema", REEVE_AT(handler.labels_schema), "the same of all labels of a task, as an object of texts"),
          map_field("labels", read_handler_labels, text_schema(), "labels of every task of the kind; the enqueuer's come on top"),
          Field<Draft>{"metadata", "any value; shown with the task and handed to the handler", read_metadata, R"({"type":["object","array","string","number","boolean","null"]})"},
      },
      {{"weight", "delivery", "keys", "order", "fair_key", "supersede"}, {}}};
  return table;
}

#undef REEVE_AT

namespace {

const handlers::Handler* declared_kind(const Configuration& configuration, const std::string& kind) {
  for (const handlers::Handler& handler : configuration.handlers)
    if (handler.kind == kind) return &handler;
  return nullptr;
}

void check_kind(Reading& reading, const Entry& entry, const Configuration& configuration) {
  if (!handlers::is_name(entry.key)) reading.error(entry.place, "not a kind; write 1 to 128 of the characters A-Z a-z 0-9 _ . : -");
  if (entry.key.starts_with("reeve.")) reading.error(entry.place, "kinds that begin with 'reeve.' are built in; choose another name");
  if (const handlers::Handler* first = declared_kind(configuration, entry.key))
    reading.error(entry.place, "the kind is already declared at " + first->declared_at + "; keep one of them");
}

handlers::Handler finished(HandlerDraft draft) {
  if (draft.output) {
    draft.process.output.head_bytes = *draft.output / 4;
    draft.process.output.tail_bytes = *draft.output - *draft.output / 4;
  }
  if (draft.on_crash == OnCrash::fail) draft.handler.retry.crashes = 1;
  draft.process.env.emplace("PATH", handlers::default_path);
  if (draft.handler.executor == "remote") draft.handler.remote = std::make_shared<const executors::RemoteSpec>(draft.remote);
  else if (draft.handler.executor == "worker") finish_worker(draft);
  else if (draft.handler.executor == "process") draft.handler.process = std::make_shared<const executors::ProcessSpec>(std::move(draft.process));
  else if (draft.handler.executor == "thread") draft.handler.thread = std::make_shared<const executors::ThreadSpec>(std::move(draft.thread));
  else draft.handler.builtin = std::make_shared<const executors::BuiltinSpec>(executors::BuiltinSpec{draft.builtin, draft.with.json});
  return std::move(draft.handler);
}

}  // namespace

void read_handlers(Reading& reading, const Node& node, Configuration& configuration) {
  if (!is_mapping(reading, node, "handlers")) return;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    check_kind(reading, entry, configuration);
    HandlerDraft draft;
    draft.handler.kind = entry.key;
    draft.handler.declared_at = reading.at(entry.place);
    read_section(reading, entry.value, handler_table(), draft);
    if (entry.value.type == Node::Type::mapping) check_handler(reading, entry, draft);
    configuration.handlers.push_back(finished(std::move(draft)));
  }
}

}  // namespace reeve::config

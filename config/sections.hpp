// The tables of the file's sections, and what checks them as a whole. Each is in its own .cpp.
#pragma once

#include "config/fields.hpp"
#include "handlers/schedule.hpp"

namespace reeve::config {

// No timeout, pause or age is longer.
inline constexpr store::Millis year = std::chrono::hours{24 * 365};

// store: retention: supervisor: api: log:
[[nodiscard]] const Table<store::Options>& store_table();
[[nodiscard]] const Table<store::RetentionPolicy>& retention_table();
[[nodiscard]] const Table<supervisor::Options>& supervisor_table();
[[nodiscard]] const Table<api::Options>& api_table();
[[nodiscard]] const Table<supervisor::LogOptions>& log_table();

// queues: NAME:
[[nodiscard]] const Table<handlers::Queue>& queue_table();
void read_queues(Reading& reading, const Node& node, Configuration& configuration);

// with: of the builtin http, as the JSON object that it is handed.
struct HttpDefaults {
  std::string json{};                     // empty: nothing was given
  void add(const std::string& key, const std::string& value);   // value: JSON
};
[[nodiscard]] const Table<HttpDefaults>& http_table();

enum class OnCrash { retry, fail };

// schedules: NAME:
struct ScheduleDraft {
  std::string cron{};
  std::string zone{};
  std::string payload{"null"};            // JSON bytes
  std::optional<std::string> queue{};
  std::optional<int> priority{};
  std::string kind{};
  store::Labels labels{};
  handlers::Overlap overlap = handlers::Overlap::skip;
  schedules::CatchUp catch_up = schedules::CatchUp::last;
  int catch_up_most = 100;
  store::Millis jitter{0};
};
[[nodiscard]] const Table<ScheduleDraft>& schedule_table();
void read_schedules(Reading& reading, const Node& node, Configuration& configuration);
void read_labels(Reading& reading, const Node& node, store::Labels& labels);

// A handler while it is read. Its process part becomes immutable when it is done.
struct HandlerDraft {
  handlers::Handler handler{};
  executors::ProcessSpec process{};
  std::string builtin{};
  HttpDefaults with{};
  executors::ThreadSpec thread{};
  executors::RemoteSpec remote{};
  executors::WorkerSpec worker{};         // without kind and process
  std::optional<std::int64_t> output{};   // limits.output: head and tail together
  OnCrash on_crash = OnCrash::retry;      // fail: the crash budget of its tasks is one
};

// handlers: KIND:
[[nodiscard]] const Table<HandlerDraft>& handler_table();
[[nodiscard]] const Table<HandlerDraft>& limits_table();
[[nodiscard]] const Table<executors::OutputLimits>& output_table();
[[nodiscard]] const Table<executors::Sandbox>& sandbox_table();
[[nodiscard]] const Table<handlers::RetryPolicy>& retry_table();
[[nodiscard]] const Table<handlers::DedupeDefaults>& dedupe_table();
[[nodiscard]] const Table<handlers::ConcurrencyDefaults>& concurrency_key_table();
void read_handlers(Reading& reading, const Node& node, Configuration& configuration);

// What no single key shows: combinations that cannot work, and those that deserve a look.
void check_handler(Reading& reading, const Entry& entry, const HandlerDraft& draft);

// executor: worker
[[nodiscard]] const Table<executors::WorkerSpec>& processes_table();
[[nodiscard]] const Table<executors::Recycle>& recycle_table();
void check_worker(Reading& reading, const Entry& entry, const HandlerDraft& draft);
void refuse_worker_keys(Reading& reading, const Entry& entry);   // of a handler with another executor
void finish_worker(HandlerDraft& draft);                         // makes its pool part of the handler

// The file as a whole.
[[nodiscard]] const Table<Configuration>& file_table();
// An included file: handlers and queues only.
[[nodiscard]] const Table<Configuration>& included_table();

}  // namespace reeve::config

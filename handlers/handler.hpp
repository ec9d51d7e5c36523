// What a kind means: the declaration of a handler, as a value.
//
// handlers/ connects the store and the executors by value and decides what an ended attempt means for its task. It does no I/O.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "executors/execution.hpp"
#include "store/rooms.hpp"
#include "store/task.hpp"

namespace reeve::handlers {

class JsonSchema;

enum class Backoff { fixed, linear, exponential };
enum class Jitter { full, none, ratio };

struct RetryPolicy {
  int attempts = 5;                               // handler tries in all
  int crashes = 3;                                // the attempt that makes the crashes reach this fails the task
  Backoff backoff = Backoff::exponential;
  store::Millis base{1'000};
  store::Millis max{3'600'000};
  double factor = 2;
  Jitter jitter = Jitter::full;
  double jitter_ratio = 0.1;                      // for Jitter::ratio: +- this share
  std::vector<std::string> retry_on{};            // error codes; when not empty only these are retried
  std::vector<std::string> reject_on{};           // error codes that fail at once
  bool operator==(const RetryPolicy&) const = default;
};

enum class OnStale { mark, kill };

// What the keys of its tasks mean where the enqueuer says nothing else.
struct DedupeDefaults {
  store::KeyScope scope = store::KeyScope::kind;
  std::optional<store::Millis> window{};          // as in store::Dedupe
  bool operator==(const DedupeDefaults&) const = default;
};
struct ConcurrencyDefaults {
  std::string key{};                              // of every task of the kind; empty: none but the enqueuer's
  int limit = 1;
  store::KeyScope scope = store::KeyScope::global;
  store::OnConflict on_conflict = store::OnConflict::queue;
  bool operator==(const ConcurrencyDefaults&) const = default;
};

struct Handler {
  std::string kind{};
  std::vector<std::string> aliases{};             // earlier names of the kind: tasks stored under them are its tasks, too
  std::string executor = "process";
  std::string queue = "default";
  int priority = 4;
  std::optional<int> concurrency{};               // bodies of the kind at once
  RetryPolicy retry{};
  std::optional<store::Millis> timeout{};
  std::optional<store::Millis> soft_timeout{};
  std::optional<store::Millis> watchdog{};
  OnStale on_stale = OnStale::mark;
  store::Millis stop_grace{10'000};
  store::Labels labels{};
  std::string metadata{};                         // JSON bytes or empty
  std::int64_t payload_bytes_max = 1 << 20;
  std::shared_ptr<const JsonSchema> payload_schema{};  // null: any JSON; typed.hpp checks. Owners: this and running attempts
  std::shared_ptr<const JsonSchema> result_schema{};   // null: any JSON, or none
  std::shared_ptr<const JsonSchema> labels_schema{};   // of all labels as an object of texts
  std::shared_ptr<const executors::ProcessSpec> process{};  // executor process; two owners: this and running attempts
  std::shared_ptr<const executors::BuiltinSpec> builtin{};  // executor inline
  std::shared_ptr<const executors::WorkerSpec> worker{};    // executor worker
  std::shared_ptr<const executors::ThreadSpec> thread{};    // executor thread
  std::shared_ptr<const executors::RemoteSpec> remote{};    // executor remote
  bool keep_steps = true;                         // false: a success deletes the task's steps
  std::string declared_at{};                      // "reeve.yaml:14:3", for messages
  DedupeDefaults dedupe{};
  ConcurrencyDefaults concurrency_key{};
  std::optional<store::Rate> rate{};              // starts of the kind
  std::optional<store::Rate> key_rate{};          // starts of the kind with one concurrency key, each key by itself
  std::vector<store::Room> resources{};           // what each body needs
  std::string fair_by{};                          // the label whose value is the fair key of a task that gives none; empty: as its queue says
};

struct Queue {
  std::string name{};
  std::optional<int> concurrency{};
  std::optional<store::Rate> rate{};              // starts from the queue
  std::optional<int> weight{};                    // its share of what is started, beside other queues
  std::optional<store::Millis> ageing{};          // each such time of waiting counts as one more priority
  std::string fair_by{};                          // as of a handler
  std::string declared_at{};                      // "reeve.yaml:9:3", for messages
};

// The kind of `reeve run -- cmd`: its command comes with the task. Always declared.
inline constexpr std::string_view command_kind = "reeve.command";

// The PATH of every child whose declaration sets none: the daemon's own environment is never inherited.
inline constexpr std::string_view default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Schedule;   // handlers/schedule.hpp
using Schedules = std::vector<std::shared_ptr<const Schedule>>;   // two owners: this and whoever fires them

// All declarations of one configuration, immutable. Running attempts keep the one they started with.
class Handlers {
 public:
  Handlers() : Handlers(std::vector<Handler>{}, std::vector<Queue>{}) {}
  Handlers(std::vector<Handler> handlers, std::vector<Queue> queues, Schedules schedules = {});

  // By its name or one of its aliases.
  [[nodiscard]] const Handler* find(std::string_view kind) const;
  [[nodiscard]] const Queue* find_queue(std::string_view name) const;
  [[nodiscard]] const std::vector<Handler>& all() const { return handlers_; }      // by kind
  [[nodiscard]] const std::vector<Queue>& queues() const { return queues_; }       // by name
  [[nodiscard]] const Schedules& schedules() const { return schedules_; }          // in the order of their declaration
  // The declared kind that `word` was probably meant to be; empty when none is near.
  [[nodiscard]] std::string suggestion(std::string_view word) const;

 private:
  std::vector<Handler> handlers_;
  std::vector<Queue> queues_;
  std::map<std::string, std::size_t, std::less<>> aliases_{};   // to places in handlers_
  Schedules schedules_;
};

}  // namespace reeve::handlers

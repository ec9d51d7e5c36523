// What a kind means: the declaration of a handler, as a value.
//
// handlers/ connects the store and the executors by value and decides what an ended attempt means for its task. It does no I/O.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "executors/execution.hpp"
#include "store/task.hpp"

namespace reeve::handlers {

enum class Backoff { fixed, linear, exponential };
enum class Jitter { full, none, ratio };
enum class OnCrash { retry, fail };

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
  OnCrash on_crash = OnCrash::retry;              // fail: a crash, an out-of-memory kill or a lost runner is the end
  bool operator==(const RetryPolicy&) const = default;
};

enum class OnStale { mark, kill };

struct Handler {
  std::string kind{};
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
  std::shared_ptr<const executors::ProcessSpec> process{};  // executor process; two owners: this and running attempts
  std::shared_ptr<const executors::BuiltinSpec> builtin{};  // executor inline
  std::shared_ptr<const executors::WorkerSpec> worker{};    // executor worker
  std::shared_ptr<const executors::ThreadSpec> thread{};    // executor thread
  std::shared_ptr<const executors::RemoteSpec> remote{};    // executor remote
  bool keep_steps = true;                         // false: a success deletes the task's steps
  std::string declared_at{};                      // "reeve.yaml:14:3", for messages
};

struct Queue {
  std::string name{};
  std::optional<int> concurrency{};
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
  Schedules schedules_;
};

}  // namespace reeve::handlers

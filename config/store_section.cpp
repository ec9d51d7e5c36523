// store: and retention:

#include "config/bytes.hpp"
#include "config/sections.hpp"

namespace reeve::config {

namespace {

using namespace std::chrono_literals;
using store::Options;
using store::RetentionPolicy;

constexpr std::string_view sqlite = "sqlite:";

// "sqlite:relative.db" lies beside the file that says so.
std::optional<std::string> read_url(Reading& reading, const Node& node) {
  const auto url = read_filled_text(reading, node);
  if (!url || *url == "memory:") return url;
  if (url->starts_with("postgres")) {
    reading.error(node.place, "PostgreSQL is not available in this version; write sqlite:/path/to/reeve.db");
    return std::nullopt;
  }
  if (url->starts_with(sqlite) && url->size() > sqlite.size()) return std::string{sqlite} + reading.resolved(url->substr(sqlite.size()));
  reading.error(node.place, described(node) + " is not the address of a store; write sqlite:/path/to/reeve.db or memory:");
  return std::nullopt;
}

// A duration, or `forever`.
Field<RetentionPolicy> age(std::string_view name, std::optional<store::Millis> RetentionPolicy::* where, std::string_view why) {
  auto read = [where](Reading& reading, const Node& node, RetentionPolicy& policy) {
    if (node.type == Node::Type::scalar && node.text == "forever") policy.*where = std::nullopt;
    else if (const auto value = read_duration(reading, node, {1s, 36'500 * 24h})) policy.*where = *value;
  };
  const std::string fallback = json_default(RetentionPolicy{}.*where);
  return {name, why, read, with_member(R"({"anyOf":[{"const":"forever"},)" + duration_schema() + "]}", "default", fallback.empty() ? json_quoted("forever") : fallback)};
}

// As many as are kept, or `unlimited`.
using Count = std::optional<std::int64_t> RetentionPolicy::*;
using ReadCount = std::optional<std::int64_t> (*)(Reading&, const Node&, Range<std::int64_t>);

Field<RetentionPolicy> most(std::string_view name, Count where, Range<std::int64_t> range, ReadCount read_count, const std::string& schema, std::string_view why) {
  auto read = [where, range, read_count](Reading& reading, const Node& node, RetentionPolicy& policy) {
    if (node.type == Node::Type::scalar && node.text == "unlimited") policy.*where = std::nullopt;
    else if (const auto value = read_count(reading, node, range)) policy.*where = *value;
  };
  return {name, why, read, with_member(R"({"anyOf":[{"const":"unlimited"},)" + schema + "]}", "default", json_quoted("unlimited"))};
}

Field<RetentionPolicy> number_of(std::string_view name, Count where, std::string_view why) {
  constexpr Range<std::int64_t> range{1, 1'000'000'000'000};
  return most(name, where, range, read_integer, integer_schema(range.low, range.high), why);
}

Field<RetentionPolicy> bytes_of(std::string_view name, Count where, std::int64_t least, std::string_view why) {
  return most(name, where, {least, 1LL << 50}, read_size, size_schema(), why);
}

}  // namespace

const Table<Options>& store_table() {
  static const Table<Options> table{
      {
          field<Options>("url", &Options::url, "where the tasks are kept: sqlite:/path/to/reeve.db, or memory: for trying things out", read_url, text_schema()),
          word<Options>("durability", &Options::durability, {{"full", "relaxed"}, {}}, std::vector{store::Durability::full, store::Durability::relaxed},
                        "full flushes every commit to the disk; relaxed is faster and may undo the last commits at a power loss"),
          duration<Options>("busy_timeout", &Options::busy_timeout, {0ms, 1h}, "how long a commit waits for another program that writes to the file"),
          integer<Options>("busy_retries", &Options::busy_retries, {0, 1000}, "how often it tries again before it reports the store as busy"),
          duration<Options>("busy_retry_delay", &Options::busy_retry_delay, {0ms, 1min}, "the first pause between these tries; it grows"),
          flag<Options>("inbox", &Options::inbox, "whether rows that other programs insert into reeve_inbox become tasks"),
          duration<Options>("inbox_poll", &Options::inbox_poll, {0ms, 24h},
                            "how often the inbox is looked at although nothing was written; 0s: never, as the kernel tells of every write"),
          size<Options>("wal_limit", &Options::wal_limit_bytes, {1 << 20, 1LL << 40}, "the write-ahead log is kept below this as far as readers allow"),
      },
      {{"encryption", "pool", "listen"}, {}}};
  return table;
}

const Table<RetentionPolicy>& retention_table() {
  static const Table<RetentionPolicy> table{
      {
          age("succeeded", &RetentionPolicy::succeeded, "how long succeeded tasks are kept"),
          age("failed", &RetentionPolicy::failed, "how long failed tasks are kept; they are the dead letters, so keep them longer"),
          age("cancelled", &RetentionPolicy::cancelled, "how long cancelled tasks are kept"),
          number_of("succeeded_per_kind", &RetentionPolicy::succeeded_per_kind, "of each kind, how many succeeded tasks are kept: the newest"),
          number_of("failed_per_kind", &RetentionPolicy::failed_per_kind, "of each kind, how many failed tasks are kept: the newest"),
          bytes_of("log_per_task_max", &RetentionPolicy::log_bytes_per_task, store::log_bytes_least,
                   "how much of the log of a finished task is kept: its end"),
          bytes_of("log_max", &RetentionPolicy::log_bytes, 1 << 20, "all logs together; those of the tasks that ended first go first"),
          number_of("steps_per_task_max", &RetentionPolicy::steps_per_task, "how many steps and waits of a succeeded task are kept: the newest"),
          age("events", &RetentionPolicy::events, "how long the event log goes back; a client that is away for longer starts anew"),
          number_of("events_max", &RetentionPolicy::newest_events, "how many events are kept: the newest"),
          age("requests", &RetentionPolicy::requests, "how long idempotency keys of requests are remembered"),
          bytes_of("store_max", &RetentionPolicy::store_bytes, 1 << 20,
                   "what the store may hold, unused space not counted; the tasks that ended first go first, open ones never"),
      },
      {{"deliveries", "archive"}, {}}};
  return table;
}

}  // namespace reeve::config

// handlers: KIND: dedupe and concurrency_key: what the keys of its tasks mean where the enqueuer says nothing else.
#include "config/fields.hpp"
#include "config/sections.hpp"

namespace reeve::config {

namespace {

using namespace std::chrono_literals;
using handlers::ConcurrencyDefaults;
using handlers::DedupeDefaults;
using store::KeyScope;
using store::OnConflict;

constexpr store::Millis window_max = 365 * 24h;

// "open", "forever" or a duration.
std::optional<std::optional<store::Millis>> read_window(Reading& reading, const Node& node) {
  if (node.type == Node::Type::scalar && node.text == "open") return std::optional<store::Millis>{};
  if (node.type == Node::Type::scalar && node.text == "forever") return std::optional<store::Millis>{store::for_ever};
  const auto window = read_duration(reading, node, {1ms, window_max});
  if (!window) return std::nullopt;
  return std::optional<store::Millis>{*window};
}

std::string window_schema() { return R"({"anyOf":[{"enum":["open","forever"]},)" + duration_schema() + R"(],"default":"open"})"; }

}  // namespace

const Table<DedupeDefaults>& dedupe_table() {
  static const Table<DedupeDefaults> table{
      {
          word<DedupeDefaults>("scope", &DedupeDefaults::scope, {{"kind", "global"}, {}}, std::vector{KeyScope::kind, KeyScope::global},
                               "whom a dedupe key concerns: the tasks of the kind, or all"),
          field<DedupeDefaults>("window", &DedupeDefaults::window,
                                "how long a task stands for its dedupe key: open while it has not ended, forever as long as it is stored, or a duration",
                                read_window, window_schema()),
      },
      {{"key"}, {}}};
  return table;
}

const Table<ConcurrencyDefaults>& concurrency_key_table() {
  static const Table<ConcurrencyDefaults> table{
      {
          text<ConcurrencyDefaults>("key", &ConcurrencyDefaults::key,
                                    "the concurrency key of every task of the kind that is enqueued without one; {payload.field} stands for a member of the payload"),
          integer<ConcurrencyDefaults>("limit", &ConcurrencyDefaults::limit, {1, 1'000'000}, "bodies with one key at once"),
          word<ConcurrencyDefaults>("scope", &ConcurrencyDefaults::scope, {{"kind", "global"}, {}}, std::vector{KeyScope::kind, KeyScope::global},
                                    "whom a key concerns: the tasks of the kind, or all"),
          word<ConcurrencyDefaults>("on_conflict", &ConcurrencyDefaults::on_conflict, {{"queue", "reject", "skip", "queue_latest", "supersede"}, {}},
                                    std::vector{OnConflict::queue, OnConflict::reject, OnConflict::skip, OnConflict::queue_latest, OnConflict::supersede},
                                    "what becomes of a new task when others with its key are open"),
      },
      {{"from"}, {}}};
  return table;
}

}  // namespace reeve::config

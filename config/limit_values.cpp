#include "config/limit_values.hpp"

#include <algorithm>

#include "config/fields.hpp"
#include "config/bytes.hpp"
#include "config/scalars.hpp"
#include "handlers/admit.hpp"

namespace reeve::config {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t rate_max = 1'000'000;
constexpr std::int64_t units_max = 10'000;
constexpr store::Millis longest_period = 365 * 24h;

// A rate while it is read: the burst may come from the rest.
struct RateDraft {
  std::optional<std::int64_t> limit{};
  store::Millis per{1'000};
  std::optional<std::int64_t> burst{};
};

const Table<RateDraft>& rate_table() {
  const auto whole = [](std::string_view name, std::optional<std::int64_t> RateDraft::*where, std::string_view why) {
    auto read = [](Reading& reading, const Node& node) { return read_integer(reading, node, {1, rate_max}); };
    return field<RateDraft>(name, where, why, read, integer_schema(1, rate_max));
  };
  static const Table<RateDraft> table{
      {
          whole("limit", &RateDraft::limit, "how many start in each `per`, on average"),
          duration<RateDraft>("per", &RateDraft::per, {1ms, longest_period}, "the time that limit is for"),
          whole("burst", &RateDraft::burst, "how many may start at once after a quiet time; what comes in a tenth of a second, at least 1, when left out"),
      },
      {}};
  return table;
}

store::Rate finished_rate(const RateDraft& draft) {
  store::Rate rate;
  rate.limit = static_cast<int>(draft.limit.value_or(1));
  rate.per = draft.per;
  rate.burst = draft.burst ? static_cast<int>(*draft.burst) : store::usual_burst(rate.limit, rate.per);
  return rate;
}

// "1m", and "m" for it.
std::optional<store::Millis> parse_period(std::string_view text) {
  if (!text.empty() && (text.front() < '0' || text.front() > '9')) return store::parse_duration("1" + std::string(text));
  return store::parse_duration(text);
}

// [a-z][a-z0-9_]{0,63}: it becomes part of the name of a variable.
bool is_resource_name(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.front() < 'a' || text.front() > 'z') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

void check_resource_name(Reading& reading, const Entry& entry) {
  if (!is_resource_name(entry.key)) reading.error(entry.place, "not a name of a resource; write 1 to 64 of the characters a-z 0-9 _, a letter first");
}

bool is_unit(const std::string& text) { return !text.empty() && text.size() <= 64 && text.find_first_of(", \t\n") == std::string::npos; }

std::vector<std::string> numbered(std::int64_t count) {
  std::vector<std::string> units;
  for (std::int64_t unit = 0; unit < count; ++unit) units.push_back(std::to_string(unit));
  return units;
}

std::optional<std::vector<std::string>> read_units(Reading& reading, const Node& node) {
  if (node.type != Node::Type::list) {
    const auto count = read_integer(reading, node, {0, units_max});
    return count ? std::optional(numbered(*count)) : std::nullopt;
  }
  auto units = read_texts(reading, node);
  if (!units) return std::nullopt;
  for (auto unit = units->begin(); unit != units->end(); ++unit) {
    if (!is_unit(*unit)) reading.error(node.place, shown(*unit) + " is not a name of a unit; write 1 to 64 characters without commas and spaces");
    if (std::find(units->begin(), unit, *unit) != unit) reading.error(node.place, shown(*unit) + " is listed twice; remove one");
  }
  return units;
}

}  // namespace

std::optional<store::Rate> read_rate(Reading& reading, const Node& node) {
  if (node.type == Node::Type::mapping) {
    RateDraft draft;
    read_section(reading, node, rate_table(), draft);
    if (!draft.limit) reading.error(node.place, "the rate has no limit; write {limit: 100, per: 1m}, or 100/1m");
    return finished_rate(draft);
  }
  const auto text = read_filled_text(reading, node);
  if (!text) return std::nullopt;
  const std::size_t slash = text->find('/');
  RateDraft draft;
  if (slash != std::string::npos) draft.limit = parse_integer(std::string_view(*text).substr(0, slash));
  const auto per = slash == std::string::npos ? std::nullopt : parse_period(std::string_view(*text).substr(slash + 1));
  if (draft.limit && *draft.limit >= 1 && *draft.limit <= rate_max && per && *per >= 1ms && *per <= longest_period) {
    draft.per = *per;
    return finished_rate(draft);
  }
  reading.error(node.place, described(node) + " is not a rate; write 10/s, 100/1m or {limit: 100, per: 1m, burst: 10}");
  return std::nullopt;
}

std::string rate_schema() {
  return R"({"anyOf":[{"type":"string","pattern":"^[0-9]+/[0-9]*(ms|s|m|h|d)$"},)" + with_member(section_schema(rate_table()), "required", R"(["limit"])") + "]}";
}

std::optional<std::vector<supervisor::Resource>> read_resources(Reading& reading, const Node& node) {
  if (!is_mapping(reading, node, "resources")) return std::nullopt;
  std::vector<supervisor::Resource> resources;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    check_resource_name(reading, entry);
    auto units = read_units(reading, entry.value);
    supervisor::Resource& resource = resources.emplace_back();
    resource.name = entry.key;
    if (units) resource.units = std::move(*units);
  }
  return resources;
}

std::string resources_schema() {
  return mapping_schema(R"({"anyOf":[)" + integer_schema(0, units_max) + "," + texts_schema() + "]}");
}

std::optional<std::vector<store::Room>> read_needs(Reading& reading, const Node& node) {
  if (!is_mapping(reading, node, "resources")) return std::nullopt;
  std::vector<store::Room> needs;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    check_resource_name(reading, entry);
    const auto count = read_integer(reading, entry.value, {1, units_max});
    store::Room& need = needs.emplace_back();
    need.name = entry.key;
    need.room = static_cast<int>(count.value_or(1));
  }
  return needs;
}

std::string needs_schema() { return mapping_schema(integer_schema(1, units_max)); }

std::optional<std::string> read_fair_by(Reading& reading, const Node& node) {
  constexpr std::string_view prefix = "label:";
  const auto text = read_filled_text(reading, node);
  if (!text) return std::nullopt;
  if (text->starts_with(prefix) && handlers::is_label_key(std::string_view(*text).substr(prefix.size()))) return text->substr(prefix.size());
  reading.error(node.place, described(node) + " names no label; write label:tenant, with the key of the label whose value is the tenant");
  return std::nullopt;
}

}  // namespace reeve::config

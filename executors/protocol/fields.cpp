#include "executors/protocol/fields.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <cmath>
#include <ctime>

#include "executors/protocol/raw_json.hpp"

namespace reeve::executors::protocol {
namespace {

constexpr auto longest_wait = std::chrono::milliseconds(std::chrono::hours(24 * 365 * 10));
constexpr std::size_t longest_name = 256;

Moment from_milliseconds(std::string_view key, double milliseconds) {
  if (milliseconds < 0 || milliseconds > 4e12) throw Refusal{quoted(key) + " is outside of 1970 to 2096"};
  return Moment(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

Moment from_text(std::string_view key, const std::string& text) {
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  double fraction = 0;
  if (rest != nullptr && *rest == '.') {
    double weight = 100;
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, weight /= 10) fraction += weight * (*rest - '0');
  }
  if (rest == nullptr || std::string_view(rest) != "Z") throw Refusal{quoted(key) + " is no time such as 2026-01-31T08:00:00Z"};
  return from_milliseconds(key, static_cast<double>(::timegm(&parts)) * 1000 + std::floor(fraction));
}

}  // namespace

std::string quoted(std::string_view key) { return "\"" + std::string(key) + "\""; }

const boost::json::value* Fields::present(std::string_view key) const {
  const auto* value = object_.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string Fields::raw(std::string_view key) const { return std::string(raw_member(line_, key)); }

std::string Fields::text(std::string_view key) const {
  const auto* value = present(key);
  if (value == nullptr) return {};
  if (!value->is_string()) throw Refusal{quoted(key) + " is no string"};
  return std::string(value->get_string());
}

std::string Fields::name(std::string_view key) const {
  auto value = text(key);
  if (value.size() > longest_name) throw Refusal{quoted(key) + " is longer than 256 bytes"};
  return value;
}

std::optional<double> Fields::number(std::string_view key) const {
  const auto* value = present(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) throw Refusal{quoted(key) + " is no number"};
  const auto result = value->to_number<double>();
  if (!std::isfinite(result)) throw Refusal{quoted(key) + " is not finite"};
  return result;
}

std::optional<std::int64_t> Fields::whole(std::string_view key) const {
  const auto value = number(key);
  if (!value) return std::nullopt;
  if (*value != std::floor(*value) || std::abs(*value) > 9e15) throw Refusal{quoted(key) + " is no whole number"};
  return static_cast<std::int64_t>(*value);
}

std::optional<double> Fields::number_within(std::string_view key, double least, double most) const {
  const auto value = number(key);
  return value ? std::optional(std::clamp(*value, least, most)) : value;
}

bool Fields::truth(std::string_view key, bool otherwise) const {
  const auto* value = present(key);
  if (value == nullptr) return otherwise;
  if (!value->is_bool()) throw Refusal{quoted(key) + " is neither true nor false"};
  return value->get_bool();
}

std::optional<Moment> Fields::moment(std::string_view key) const {
  const auto* value = present(key);
  if (value == nullptr) return std::nullopt;
  return value->is_string() ? from_text(key, text(key)) : from_milliseconds(key, *number(key));
}

std::optional<std::chrono::milliseconds> Fields::duration(std::string_view key) const {
  const auto wanted = number(key);
  if (!wanted) return std::nullopt;
  if (*wanted < 0) throw Refusal{quoted(key) + " is no number of milliseconds"};
  const auto bounded = std::min(*wanted, static_cast<double>(longest_wait.count()));
  return std::chrono::milliseconds(static_cast<std::int64_t>(bounded));
}

}  // namespace reeve::executors::protocol

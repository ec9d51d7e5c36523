#include "executors/inline/http_answer.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <utility>

#include "executors/utf8.hpp"

namespace reeve::executors::in_daemon {
namespace {

namespace json = boost::json;
using Moment = std::chrono::system_clock::time_point;

constexpr std::size_t excerpt_bytes = 2048;
constexpr int last_year = 2200;   // the clock ends soon after
constexpr std::chrono::hours longest_wait{366 * 24};

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');   // EVP writes a NUL, too
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// Headers that are repeated become one, as HTTP allows.
json::object headers_of(const HttpResponse& response) {
  json::object all;
  for (const auto& [name, value] : response.headers) {
    auto& entry = all[to_utf8(name)];
    const std::string before = entry.is_string() ? std::string(entry.get_string()) + ", " : std::string();
    entry = before + to_utf8(value);
  }
  return all;
}

std::string result_of(const HttpResponse& response) {
  json::object result{{"status", response.status}, {"headers", headers_of(response)}};
  std::string_view text = response.body;
  if (response.truncated) text = whole_characters(text);
  if (is_utf8(text)) result["body"] = text;
  else result["body_base64"] = base64(response.body);
  if (response.truncated) result["truncated"] = true;
  return json::serialize(result);
}

// For people who wonder what the server had against it.
std::string detail_of(const HttpResponse& response) {
  return json::serialize(json::object{{"status", response.status}, {"body", to_utf8(response.body.substr(0, excerpt_bytes))}});
}

bool may_pass(int status) { return status >= 500 || status == 429 || status == 408; }

std::optional<int> number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = error == std::errc() && end == digits.data() + digits.size() && !digits.empty() && digits.front() != '-';
  return whole ? std::optional(value) : std::nullopt;
}

std::optional<unsigned> month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto at = std::find(months.begin(), months.end(), name);
  if (at == months.end()) return std::nullopt;
  return static_cast<unsigned>(at - months.begin()) + 1;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that servers may write.
std::optional<Moment> date_of(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') return std::nullopt;
  const auto day = number(text.substr(5, 2));
  const auto month = month_of(text.substr(8, 3));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2)), minute = number(text.substr(20, 2)), second = number(text.substr(23, 2));
  if (!day || !month || !year || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(std::min(*year, last_year)), std::chrono::month(*month), std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

}  // namespace

const std::string* header_of(const HttpResponse& response, std::string_view name) {
  const auto at = std::find_if(response.headers.rbegin(), response.headers.rend(), [name](const auto& header) { return header.first == name; });
  return at == response.headers.rend() ? nullptr : &at->second;
}

std::optional<Moment> retry_after(std::string_view value, Moment now) {
  const auto seconds = number(value);
  const auto moment = seconds ? std::optional(now + std::chrono::seconds(*seconds)) : date_of(value);
  if (!moment || *moment <= now) return std::nullopt;
  return std::min(*moment, now + longest_wait);
}

End end_of(const HttpResponse& response, const HttpRequest& request, Moment now) {
  if (request.expects(response.status)) return Succeeded{result_of(response)};
  const std::string code = "http_" + std::to_string(response.status);
  const std::string message = request.method + " " + request.url.authority + " answered " + std::to_string(response.status);
  if (!may_pass(response.status)) return Rejected{code, message, detail_of(response)};
  const auto* wait = header_of(response, "retry-after");
  return Failed{code, message, detail_of(response), wait == nullptr ? std::nullopt : retry_after(*wait, now)};
}

}  // namespace reeve::executors::in_daemon

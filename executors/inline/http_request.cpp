#include "executors/inline/http_request.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

#include "executors/protocol/raw_json.hpp"
#include "executors/utf8.hpp"

namespace reeve::executors::in_daemon {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds longest_timeout = 1h;
constexpr std::size_t most_headers = 100;
constexpr std::size_t request_header_bytes_max = 32 << 10;
constexpr std::string_view members[] = {"url", "method", "headers", "body", "expect", "timeout", "follow"};
// What the connection itself says.
constexpr std::string_view our_headers[] = {"host",    "content-length", "transfer-encoding", "connection", "upgrade",
                                            "trailer", "te",             "expect",            "keep-alive", "proxy-connection"};

char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower_letter(x) == lower_letter(y); });
}

// A token of HTTP: the characters of methods and of names of headers.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (lower_letter(c) >= 'a' && lower_letter(c) <= 'z') || (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// No line may end inside a value: what follows would be a header, or a request, of somebody else's making.
bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); });
}

std::string shown(std::string_view text) { return json::serialize(json::value(to_utf8(text.substr(0, 64)))); }

std::string text_of(const json::value& value) {
  const auto& text = value.get_string();
  return {text.data(), text.size()};
}

// The two sources of members, and the fault that was found first.
class Members {
 public:
  explicit Members(const Execution& execution) : execution_(execution) {
    given_ = object(execution.payload, "the payload");
    declared_ = object(execution.builtin ? execution.builtin->defaults : std::string(), "the declaration (with:)");
  }

  HttpRequest read() {
    HttpRequest request;
    read_url(request);
    read_headers(request);
    read_body(request);
    read_method(request);
    read_expect(request);
    read_timeout(request);
    read_follow(request);
    return request;
  }
  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }

 private:
  void complain(std::string what) {
    if (!fault_) fault_ = std::move(what);
  }

  json::object object(const std::string& bytes, const std::string& of) {
    if (bytes.empty()) return {};
    boost::system::error_code error;
    auto value = json::parse(bytes, error);
    if (error || !(value.is_null() || value.is_object())) complain(of + R"( is no JSON object; write {"url": "https://host/path"})");
    if (error || !value.is_object()) return {};
    for (const auto& [name, member] : value.get_object()) {
      const std::string_view key(name.data(), name.size());
      if (std::find(std::begin(members), std::end(members), key) == std::end(members))
        complain(of + " has the member " + shown(key) + "; known are url method headers body expect timeout follow");
    }
    return std::move(value.get_object());
  }

  [[nodiscard]] const json::value* find(std::string_view name) const {
    const auto* value = given_.if_contains(name);
    return value != nullptr ? value : declared_.if_contains(name);
  }

  Url url_of(const json::value& value) {
    if (!value.is_string()) return complain("url: a text is needed, such as \"https://host/path\""), Url();
    auto url = parse_url(text_of(value));
    if (const auto* bad = std::get_if<BadUrl>(&url)) return complain("url: " + shown(text_of(value)) + " " + bad->message), Url();
    return std::get<Url>(std::move(url));
  }

  void read_url(HttpRequest& request) {
    const auto* value = find("url");
    if (value == nullptr) return complain(R"(the url is missing; write "url": "https://host/path")");
    request.url = url_of(*value);
  }

  void read_headers(HttpRequest& request) {
    const auto* declared_url = declared_.if_contains("url");
    const bool elsewhere = declared_url != nullptr && !fault_ && !url_of(*declared_url).same_origin(request.url);
    if (!elsewhere) take_headers(declared_.if_contains("headers"), request.headers);
    take_headers(given_.if_contains("headers"), request.headers);
  }

  void take_headers(const json::value* value, HttpHeaders& headers) {
    if (value == nullptr || value->is_null()) return;
    if (!value->is_object()) return complain(R"(headers: an object is needed, such as {"x-name": "value"})");
    std::size_t bytes = 0;
    for (const auto& [name, content] : value->get_object()) {
      std::string text = content.is_string() ? text_of(content) : json::serialize(content);
      bytes += name.size() + text.size();
      take_header({name.data(), name.size()}, std::move(text), content, headers);
    }
    if (headers.all().size() > most_headers || bytes > request_header_bytes_max)
      complain("headers: at most " + std::to_string(most_headers) + " with " + std::to_string(request_header_bytes_max) + " bytes together are sent");
  }

  void take_header(std::string_view name, std::string text, const json::value& content, HttpHeaders& headers) {
    if (!is_token(name)) return complain("headers: " + shown(name) + " is no name of a header");
    if (std::any_of(std::begin(our_headers), std::end(our_headers), [name](std::string_view ours) { return same_name(ours, name); }))
      return complain("headers: " + shown(name) + " is set by reeve itself; remove it");
    if (content.is_structured() || content.is_null()) return complain("headers: the value of " + shown(name) + " must be a text or a number");
    if (!is_value(text)) return complain("headers: the value of " + shown(name) + " holds a line break or another control character");
    headers.set(std::string(name), std::move(text));
  }

  void read_body(HttpRequest& request) {
    const auto* value = find("body");
    if (value == nullptr || value->is_null()) return;
    if (value->is_string()) {
      request.body = text_of(*value);
      request.headers.set_default("content-type", "text/plain; charset=utf-8");
      return;
    }
    // The bytes as they were written keep the digits of numbers. A key with an escape in it is not seen that way.
    const bool given = given_.contains("body");
    const std::string_view source = given ? std::string_view(execution_.payload) : std::string_view(execution_.builtin->defaults);
    const auto raw = protocol::raw_member(source, "body");
    request.body = raw.empty() ? json::serialize(*value) : std::string(raw);
    request.headers.set_default("content-type", "application/json");
  }

  void read_method(HttpRequest& request) {
    request.method = request.body ? "POST" : "GET";
    const auto* value = find("method");
    if (value == nullptr) return;
    if (!value->is_string() || !is_token(text_of(*value)) || value->get_string().size() > 32) return complain("method: a word such as \"PUT\" is needed");
    request.method = text_of(*value);
    std::transform(request.method.begin(), request.method.end(), request.method.begin(), upper);
    if (request.method == "CONNECT" || request.method == "TRACE") complain("method: " + request.method + " is not for requests to servers; write GET, POST, PUT, PATCH or DELETE");
  }

  void read_expect(HttpRequest& request) {
    const auto* value = find("expect");
    if (value == nullptr) return;
    request.expect.clear();
    if (!value->is_array()) return take_expect(*value, request);
    for (const auto& one : value->get_array()) take_expect(one, request);
    if (request.expect.empty()) complain("expect: the list is empty; name the statuses that are a success");
  }

  void take_expect(const json::value& value, HttpRequest& request) {
    const auto range = value.is_string() ? range_of(text_of(value)) : value.is_int64() ? range_of(std::to_string(value.get_int64())) : std::nullopt;
    if (!range) return complain("expect: " + shown(json::serialize(value)) + R"( is no status; write 200, "2xx", "200-204" or a list of these)");
    request.expect.push_back(*range);
  }

  static std::optional<int> status_of(std::string_view text) {
    const bool digits = text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return std::nullopt;
    const int status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    return status >= 200 && status <= 599 ? std::optional(status) : std::nullopt;
  }
  static std::optional<StatusRange> range_of(std::string_view text) {
    if (text.size() == 3 && text.substr(1) == "xx" && text[0] >= '2' && text[0] <= '5') return StatusRange{(text[0] - '0') * 100, (text[0] - '0') * 100 + 99};
    const auto low = status_of(text.substr(0, 3));
    if (text.size() == 3 && low) return StatusRange{*low, *low};
    const auto high = text.size() == 7 && text[3] == '-' ? status_of(text.substr(4)) : std::nullopt;
    if (low && high && *low <= *high) return StatusRange{*low, *high};
    return std::nullopt;
  }

  void read_timeout(HttpRequest& request) {
    const auto* value = find("timeout");
    if (value == nullptr) return;
    const auto time = value->is_string() ? duration_of(text_of(*value)) : value->is_number() ? milliseconds_of(value->to_number<double>()) : std::nullopt;
    if (!time || *time < 1ms || *time > longest_timeout) return complain(R"(timeout: milliseconds or a text such as "30s" is needed, from 1 ms to 1 h)");
    request.timeout = *time;
  }

  static std::optional<std::chrono::milliseconds> milliseconds_of(double number) {
    if (!std::isfinite(number) || number < 0 || number > static_cast<double>(longest_timeout.count())) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(number));
  }
  static std::optional<std::chrono::milliseconds> duration_of(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (unit == "ms") return milliseconds_of(number);
    if (unit == "s") return milliseconds_of(number * 1000);
    if (unit == "m") return milliseconds_of(number * 60'000);
    if (unit == "h") return milliseconds_of(number * 3'600'000);
    return std::nullopt;
  }

  void read_follow(HttpRequest& request) {
    const auto* value = find("follow");
    if (value == nullptr) return;
    if (!value->is_int64() || value->get_int64() < 0 || value->get_int64() > 10) return complain("follow: a number of redirects from 0 to 10 is needed");
    request.follow = static_cast<int>(value->get_int64());
  }

  const Execution& execution_;
  json::object given_{};
  json::object declared_{};
  std::optional<std::string> fault_{};
};

void introduce(HttpRequest& request, const Execution& execution) {
  request.headers.set_default("user-agent", "reeve/" REEVE_VERSION);
  request.headers.set_default("accept", "*/*");
  request.headers.set_default("idempotency-key", "reeve-" + std::to_string(execution.task) + "-" + std::to_string(execution.attempt));
  if (!execution.traceparent.empty() && is_value(execution.traceparent)) request.headers.set_default("traceparent", execution.traceparent);
}

}  // namespace

void HttpHeaders::set(std::string name, std::string value) {
  erase(name);
  all_.emplace_back(std::move(name), std::move(value));
}

void HttpHeaders::set_default(std::string name, std::string value) {
  if (find(name) == nullptr) all_.emplace_back(std::move(name), std::move(value));
}

void HttpHeaders::erase(std::string_view name) {
  std::erase_if(all_, [name](const auto& header) { return same_name(header.first, name); });
}

const std::string* HttpHeaders::find(std::string_view name) const {
  const auto at = std::find_if(all_.begin(), all_.end(), [name](const auto& header) { return same_name(header.first, name); });
  return at == all_.end() ? nullptr : &at->second;
}

bool HttpRequest::expects(int status) const {
  return std::any_of(expect.begin(), expect.end(), [status](const StatusRange& range) { return range.low <= status && status <= range.high; });
}

std::variant<HttpRequest, Rejected> read_http_request(const Execution& execution) {
  Members members_of(execution);
  HttpRequest request = members_of.read();
  if (members_of.fault()) return Rejected{"payload", "http: " + *members_of.fault(), {}};
  introduce(request, execution);
  return request;
}

}  // namespace reeve::executors::in_daemon

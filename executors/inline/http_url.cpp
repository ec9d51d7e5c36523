#include "executors/inline/http_url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

namespace reeve::executors::in_daemon {
namespace {

namespace urls = boost::urls;

constexpr std::size_t longest = 8 << 10;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c); });
  return out;
}

std::string_view view(const urls::string_view& text) { return {text.data(), text.size()}; }

// A decoded host may hold anything; what is looked up and said in a header may not.
bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':';
  });
}

bool is_port(const std::string& digits) {   // the grammar has seen to it that they are digits
  const bool plain = digits.size() <= 5 && digits.front() != '0';
  return plain && std::stoi(digits) <= 65535;
}

std::variant<Url, BadUrl> checked(const urls::url_view& parts) {
  Url url;
  const std::string scheme = lower(view(parts.scheme()));
  if (scheme != "http" && scheme != "https") return BadUrl{"has the scheme \"" + scheme + "\"; only http and https are spoken here"};
  url.tls = scheme == "https";
  if (!parts.has_authority()) return BadUrl{"names no host; write https://host/path"};
  if (parts.has_userinfo()) return BadUrl{"holds a user or password; send a header authorization instead"};
  url.host = lower(parts.host_type() == urls::host_type::ipv6 ? parts.host_address() : parts.host());
  if (!is_host(url.host)) return BadUrl{"names no host that could be looked up"};
  const std::string usual = url.tls ? "443" : "80";
  url.port = parts.has_port() && !parts.port().empty() ? std::string(view(parts.port())) : usual;
  if (!is_port(url.port)) return BadUrl{"has no port from 1 to 65535"};
  url.authority = parts.host_type() == urls::host_type::ipv6 ? "[" + url.host + "]" : url.host;
  if (url.port != usual) url.authority += ":" + url.port;
  url.target = std::string(view(parts.encoded_path()));
  if (url.target.empty()) url.target = "/";
  if (parts.has_query()) url.target += "?" + std::string(view(parts.encoded_query()));
  return url;
}

}  // namespace

std::variant<Url, BadUrl> parse_url(std::string_view text) {
  if (text.size() > longest) return BadUrl{"has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(longest) + " are sent"};
  const auto parts = urls::parse_uri(urls::string_view(text.data(), text.size()));
  if (!parts) return BadUrl{"is no URL; write https://host/path, with everything unusual as %XX"};
  return checked(*parts);
}

std::variant<Url, BadUrl> resolve_url(const Url& base, std::string_view location) {
  if (location.size() > longest) return BadUrl{"has " + std::to_string(location.size()) + " bytes"};
  const auto reference = urls::parse_uri_reference(urls::string_view(location.data(), location.size()));
  if (!reference) return BadUrl{"is no URL"};
  const std::string from = base.text();
  const auto base_parts = urls::parse_uri(urls::string_view(from.data(), from.size()));
  if (!base_parts) return BadUrl{"cannot be resolved"};
  urls::url resolved;
  if (!urls::resolve(*base_parts, *reference, resolved)) return BadUrl{"cannot be resolved"};
  return checked(resolved);
}

}  // namespace reeve::executors::in_daemon

#include "api/http.hpp"

#include <algorithm>

namespace reeve::api {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    plain.push_back(c);
  }
  return plain;
}

// Calls take(piece) for each piece between separators; false from it ends with false.
template <class Take>
bool for_each_piece(std::string_view text, char separator, Take take) {
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (!take(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

Method parse_method(std::string_view word) {
  if (word == "GET") return Method::get;
  if (word == "HEAD") return Method::head;
  if (word == "POST") return Method::post;
  if (word == "PUT") return Method::put;
  if (word == "DELETE") return Method::delete_;
  return Method::other;
}

std::string_view name(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::delete_: return "DELETE";
    case Method::other: break;
  }
  return "OTHER";
}

std::optional<Target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') return std::nullopt;
  const std::size_t mark = std::min(text.find('?'), text.size());
  Target target;
  const auto take_segment = [&target](std::string_view piece) {
    auto plain = percent_decoded(piece, false);
    if (plain) target.segments.push_back(std::move(*plain));
    return plain.has_value();
  };
  if (!for_each_piece(text.substr(1, mark - 1), '/', take_segment)) return std::nullopt;
  if (mark >= text.size() - 1) return target;

  const auto take_parameter = [&target](std::string_view piece) {
    if (piece.empty()) return true;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    auto key = percent_decoded(piece.substr(0, equals), true);
    auto value = percent_decoded(piece.substr(std::min(equals + 1, piece.size())), true);
    if (!key || !value) return false;
    target.query.emplace_back(std::move(*key), std::move(*value));
    return true;
  };
  if (!for_each_piece(text.substr(mark + 1), '&', take_parameter)) return std::nullopt;
  return target;
}

std::string Request::actor() const {
  return peer.uid == static_cast<uid_t>(-1) ? std::string("unknown") : "uid:" + std::to_string(peer.uid);
}

Reply json_reply(std::string body, int status) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

}  // namespace reeve::api

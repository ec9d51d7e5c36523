#include "api/request_body.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/json/fields.hpp"
#include "api/json/reader.hpp"
#include "api/problem.hpp"
#include "api/service.hpp"

namespace reeve::api {

namespace asio = boost::asio;

namespace {

constexpr std::size_t piece_bytes = 256 << 10;   // checked at a stretch
constexpr std::size_t reason_max = 1'000;
constexpr std::size_t listed_ids_max = 1'000;

Problem not_json(const JsonFault& fault, std::size_t line) {
  const std::string place = line == 0 ? "" : "line " + std::to_string(line) + ", ";
  return Problem(400, "invalid_json", "the body is not acceptable JSON (" + place + "byte " + std::to_string(fault.offset) + "): " + fault.message);
}

store::TaskId checked_id(const Field& field) {
  const auto number = type_of(field.json) == JsonType::number ? integer_of(field.json) : std::nullopt;
  if (!number || *number < 1) throw not_acceptable(field.name, field.name + " is " + std::string(field.json.substr(0, 60)) + "; write task ids as numbers");
  return store::TaskId{*number};
}

}  // namespace

std::string checked_reason(const Field& field) {
  if (field.is_null()) return {};
  std::string reason = field.as_string();
  if (reason.size() > reason_max) throw not_acceptable(field.name, field.name + " has " + std::to_string(reason.size()) + " bytes; use at most " + std::to_string(reason_max));
  return reason;
}

BodyFormat format_of(const Request& request) {
  if (!request.content_encoding.empty() && lower(request.content_encoding) != "identity")
    throw Problem(415, "unsupported_encoding", "the body is encoded as " + request.content_encoding.substr(0, 60) + "; send it as it is");
  std::string type = lower(request.content_type.substr(0, request.content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  if (type == "application/json") return BodyFormat::json;
  if (type == "application/x-ndjson" || type == "application/ndjson") return BodyFormat::ndjson;
  throw Problem(415, "unsupported_content_type",
                (type.empty() ? "the body has no content type" : "the body is " + type.substr(0, 60)) + std::string("; send application/json"));
}

void check_format(const Request& request) {
  if (format_of(request) != BodyFormat::json)
    throw Problem(415, "unsupported_content_type", "a row of lines is taken by POST /v1/tasks/bulk only; send application/json");
}

void check_body(const Request& request) {
  check_format(request);
  if (const auto fault = check_json(request.body)) throw not_json(*fault, 0);
}

asio::awaitable<void> check_large_json(Service& service, std::string_view text, std::size_t line) {
  JsonCheck check;
  while (check.take(text.substr(0, piece_bytes)) && text.size() > piece_bytes) {
    text.remove_prefix(piece_bytes);
    co_await asio::post(service.backend.loop, asio::use_awaitable);
  }
  if (const auto fault = check.finish()) throw not_json(*fault, line);
}

std::string reason_of(const Request& request) {
  if (request.body.empty()) return {};
  check_body(request);
  std::string reason;
  const Fields fields(request.body);
  for (const JsonMember& member : fields.members()) {
    if (member.key == "reason") reason = checked_reason(fields.field(member));
    else fields.refuse_unknown(member, {"reason"});
  }
  return reason;
}

std::optional<std::string> payload_of(const Request& request) {
  if (request.body.empty()) return std::nullopt;
  check_body(request);
  std::optional<std::string> payload;
  const Fields fields(request.body);
  for (const JsonMember& member : fields.members()) {
    if (member.key == "payload") payload = std::string(member.value);
    else fields.refuse_unknown(member, {"payload"});
  }
  return payload;
}

IdsBody ids_of(const Request& request, Reason reason) {
  check_body(request);
  IdsBody body;
  const Fields fields(request.body);
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    if (member.key == "ids") {
      for (const std::string_view id : field.items())
        body.ids.push_back(checked_id({"ids[" + std::to_string(body.ids.size()) + "]", id}));
    } else if (member.key == "reason" && reason == Reason::allowed) {
      body.reason = checked_reason(field);
    } else if (reason == Reason::allowed) {
      fields.refuse_unknown(member, {"ids", "reason"});
    } else {
      fields.refuse_unknown(member, {"ids"});
    }
  }
  if (body.ids.empty()) throw not_acceptable("ids", "ids is missing or empty; write {\"ids\":[17,18]}");
  if (body.ids.size() > listed_ids_max)
    throw Problem(413, "too_many_ids", std::to_string(body.ids.size()) + " ids; send at most " + std::to_string(listed_ids_max) + " at once", "ids");
  return body;
}

}  // namespace reeve::api

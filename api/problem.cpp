#include "api/problem.hpp"

#include "api/json/writer.hpp"

namespace reeve::api {

Problem not_acceptable(std::string field, std::string sentence) {
  return Problem(422, "invalid_value", std::move(sentence), std::move(field));
}

std::string_view title_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 507: return "Insufficient Storage";
    default: return "Error";
  }
}

Reply to_reply(const Problem& problem) {
  JsonWriter json;
  json.open_object();
  json.member("type", "about:blank").member("title", title_of(problem.status)).member("status", problem.status);
  json.member("code", problem.code).member("detail", problem.detail);
  if (!problem.field.empty()) json.member("field", problem.field);
  if (problem.item) json.member("item", static_cast<std::int64_t>(*problem.item));
  if (problem.task) json.member("task", *problem.task);
  json.close_object();
  Reply reply = json_reply(std::move(json).text(), problem.status);
  reply.content_type = "application/problem+json";
  if (problem.retry_after_s) reply.headers.emplace_back("Retry-After", std::to_string(*problem.retry_after_s));
  if (!problem.allow.empty()) reply.headers.emplace_back("Allow", problem.allow);
  return reply;
}

}  // namespace reeve::api

// The body of a request as JSON, checked; and the small bodies that several routes share.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.hpp"
#include "store/task.hpp"

namespace reeve::api {

struct Field;
struct Service;

enum class BodyFormat { json, ndjson };

// Throws Problem 415 for a content type or an encoding that the API does not take.
[[nodiscard]] BodyFormat format_of(const Request& request);

// Throws Problem 415 when the body says that it is anything but JSON.
void check_format(const Request& request);
// Throws Problem 415 or 400. The body is one JSON value afterwards.
void check_body(const Request& request);
// The same for large bodies: lets others have the loop between pieces.
boost::asio::awaitable<void> check_large_json(Service& service, std::string_view text, std::size_t line);

// The value of a member "reason". Throws Problem 422.
[[nodiscard]] std::string checked_reason(const Field& field);

// {"reason":"..."}, or no body at all.
[[nodiscard]] std::string reason_of(const Request& request);

// {"payload":...}, or no body at all. The bytes as they are.
[[nodiscard]] std::optional<std::string> payload_of(const Request& request);

struct IdsBody {
  std::vector<store::TaskId> ids{};
  std::string reason{};
};
enum class Reason { allowed, refused };
// {"ids":[...],"reason":"..."}, at most 1000.
[[nodiscard]] IdsBody ids_of(const Request& request, Reason reason);

}  // namespace reeve::api

// What an answer over HTTP means for the task. Pure.
//
//   an expected status              success, {"status":200,"headers":{…},"body":"…"}; body_base64 in place of body when it is no UTF-8, and
//                                   "truncated":true when there was more than is kept
//   5xx, 429, 408                   failure "http_503", tried again by policy, not before what Retry-After says
//   anything else                   rejection "http_404"
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "executors/inline/http_client.hpp"

namespace reeve::executors::in_daemon {

[[nodiscard]] End end_of(const HttpResponse& response, const HttpRequest& request, std::chrono::system_clock::time_point now);

// Seconds, or a date such as "Sun, 06 Nov 1994 08:49:37 GMT". Nothing for what is neither, or not in the future; a year at most.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> retry_after(std::string_view value, std::chrono::system_clock::time_point now);

// The last value of a header; nullptr: there is none. `name` in lower case.
[[nodiscard]] const std::string* header_of(const HttpResponse& response, std::string_view name);

}  // namespace reeve::executors::in_daemon

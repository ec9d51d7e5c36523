// Waiting for a task to end, on behalf of one client.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "api/http.hpp"
#include "api/json/writer.hpp"
#include "api/service.hpp"

namespace reeve::api {

inline constexpr std::chrono::hours wait_max{1};

// From `wait=` or `timeout=`; throws Problem when it is too long.
[[nodiscard]] store::Millis checked_wait(std::string_view name, store::Millis wish);

// The task as it is when it has ended, when the time is up, or when the client has gone. Throws Problem 404 when there is no such task
// (any more). `request` outlives the call.
boost::asio::awaitable<Seen> wait_for_end(Service& service, const Request& request, store::TaskId id, store::Millis timeout);

// "done" and "task".
void write_waited(JsonWriter& json, const Seen& seen, store::Timestamp now);

}  // namespace reeve::api

// Many tasks of one request: their number, and each of them judged, while others have the loop in between.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/service.hpp"
#include "store/store.hpp"

namespace reeve::api {

// So many items are dealt with before others have the loop.
inline constexpr std::size_t items_at_a_stretch = 128;

// Throws Problem 413.
void check_item_count(const Service& service, std::size_t count);

// Appends the tasks to the request. Throws Problem with the item at fault. Everything outlives the call.
boost::asio::awaitable<void> admit_items(Service& service, const std::vector<std::string_view>& items, const std::string& actor,
                                         store::EnqueueRequest& enqueue);

}  // namespace reeve::api

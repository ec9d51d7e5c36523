// How the API awaits what may fail.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace reeve::api {

// The error comes as a value, beside what was done until then.
inline constexpr auto named_awaitable = boost::asio::as_tuple(boost::asio::use_awaitable);

// A client that went away frees its place, or its stream, within this.
inline constexpr std::chrono::milliseconds look_after_client{1'000};

}  // namespace reeve::api

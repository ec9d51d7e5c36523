// Reading what a process writes, without ever blocking the loop.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>

namespace reeve::executors::process {

// One for all: what is read is taken apart before the next read.
using ReadBuffer = std::array<char, 64 << 10>;

// How many bytes are in the buffer now; 0 at the end. Waits without reading ahead, so that one buffer serves all.
boost::asio::awaitable<std::size_t> read_some(boost::asio::posix::stream_descriptor& from, ReadBuffer& buffer);

}  // namespace reeve::executors::process

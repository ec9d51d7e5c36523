#include "executors/process/reading.hpp"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

namespace reeve::executors::process {

namespace asio = boost::asio;

asio::awaitable<std::size_t> read_some(asio::posix::stream_descriptor& from, ReadBuffer& buffer) {
  while (from.is_open()) {
    const auto [error] = co_await from.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    if (error) co_return 0;
    const auto count = ::read(from.native_handle(), buffer.data(), buffer.size());
    if (count >= 0) co_return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN) co_return 0;
  }
  co_return 0;
}

}  // namespace reeve::executors::process

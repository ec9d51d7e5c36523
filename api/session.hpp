// One connection: requests in, replies out, until either side has had enough.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "api/service.hpp"
#include "api/unix_socket.hpp"
#include "supervisor/clock.hpp"

namespace reeve::api {

// For whom the connection was let in.
enum class Admission {
  regular,
  reserve      // the house is full: one short request, soon
};

class Session {
 public:
  Session(Service& service, Descriptor socket, Admission admission);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Serves until the connection ends.
  boost::asio::awaitable<void> run();

  // No further request: ends now when it waits for one, after the present one otherwise.
  void finish();
  // Ends now.
  void cut();

  // Since when it has kept its place without a complete request; nullopt while a request is being answered.
  [[nodiscard]] std::optional<supervisor::Moment> idle_since() const;
  // It has had at least one request answered.
  [[nodiscard]] bool proven() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reeve::api

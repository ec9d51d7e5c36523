// Writes one live stream: gathers messages, sends them, keeps the connection alive, and rests until there is news.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/http.hpp"
#include "api/service.hpp"
#include "api/stream/coalescer.hpp"

namespace reeve::api {

// One of the streams that may be live at once. Throws Problem 503 when there are too many.
class StreamSlot {
 public:
  explicit StreamSlot(Service& service);
  ~StreamSlot();
  StreamSlot(const StreamSlot&) = delete;
  StreamSlot& operator=(const StreamSlot&) = delete;

 private:
  Service& service_;
};

class Pen {
 public:
  Pen(Service& service, Outlet& outlet);

  void message(std::string_view event, std::string_view data) { append(event, {}, data); }
  void events(const Coalescer::Out& passed);
  void append(std::string_view event, std::string_view id, std::string_view data);

  // False: the client is gone; end.
  boost::asio::awaitable<bool> flush();

  // Sleeps until the log has grown beyond `seen` or the moment has come; meanwhile sends keep-alives. False: the client is gone or the
  // daemon stops; end. The first rest after a reading lasts a little in any case, so that a busy log is read in pages, not event by event.
  boost::asio::awaitable<bool> rest(store::Cursor seen, std::optional<supervisor::Moment> until);

  // The daemon stops: tells the client to come back.
  boost::asio::awaitable<void> say_goodbye();

 private:
  boost::asio::awaitable<bool> keep_alive();

  Service& service_;
  Outlet& outlet_;
  std::string buffer_{};
  supervisor::Moment written_;
  supervisor::Moment rested_;
};

}  // namespace reeve::api

#include "api/server.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <list>
#include <optional>

#include "api/awaiting.hpp"
#include "api/service.hpp"
#include "api/session.hpp"
#include "api/unix_socket.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/event_feed.hpp"
#include "supervisor/log.hpp"

namespace reeve::api {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using supervisor::Moment;

namespace {

// Places beyond connections_max for health and the CLI when all others hold long requests.
constexpr std::size_t reserve = 16;
// A connection that has no complete request for this long gives way when the house is full.
constexpr milliseconds patience{250};
constexpr milliseconds full_pause{50};
constexpr milliseconds accept_pause{100};        // after EMFILE and its like: nothing but time helps
constexpr std::chrono::seconds farewell{2};      // what open requests get when the server stops

}  // namespace

class Server::Impl {
 public:
  Impl(Backend backend, Options options)
      : service_(std::move(backend), std::move(options)), changed_(service_.backend.loop), farewell_(service_.backend.loop) {}

  void bind() { listening_.emplace(service_.options); }

  asio::awaitable<void> run() {
    if (!listening_) bind();
    asio::posix::stream_descriptor listener(service_.backend.loop, ::fcntl(listening_->fd(), F_DUPFD_CLOEXEC, 0));
    listener_ = &listener;
    start_watch();
    co_await accept_all(listener);
    listener_ = nullptr;
    listening_.reset();
    co_await see_off();
  }

  void stop() {
    if (std::exchange(stopping_, true)) return;
    service_.backend.feed.close();                // ends waits and live streams
    service_.watch.stop();
    if (listener_ != nullptr) listener_->cancel();
    for (Session& session : sessions_) session.finish();
    changed_.cancel();
  }

 private:
  // All of this server's coroutines are counted, so that run() returns only when nothing of them is left.
  void start_watch() {
    ++children_;
    asio::co_spawn(service_.backend.loop, service_.watch.run(), [this](const std::exception_ptr& failed) { child_ended(failed); });
  }

  void start(Descriptor socket, Admission admission) {
    std::list<Session>::iterator place;
    try {
      place = sessions_.emplace(sessions_.end(), service_, std::move(socket), admission);
    } catch (const std::exception& error) {          // the kernel has no room to watch it
      service_.backend.log.warn("api.accept_failed", {{"error", error.what()}});
      return;
    }
    ++children_;
    asio::co_spawn(service_.backend.loop, place->run(), [this, place](const std::exception_ptr& failed) {
      sessions_.erase(place);
      child_ended(failed);
    });
  }

  void child_ended(const std::exception_ptr& failed) {
    --children_;
    changed_.cancel();
    if (!failed) return;
    try {
      std::rethrow_exception(failed);
    } catch (const std::exception& error) {
      service_.backend.log.error("api.session_failed", {{"error", error.what()}});
    }
  }

  asio::awaitable<void> accept_all(asio::posix::stream_descriptor& listener) {
    while (!stopping_) {
      const std::optional<Admission> admission = make_room();
      if (!admission) {
        co_await pause(full_pause);
        continue;
      }
      Descriptor socket(::accept4(listening_->fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket) {
        start(std::move(socket), *admission);
      } else if (errno == EAGAIN) {
        co_await listener.async_wait(asio::posix::stream_descriptor::wait_read, named_awaitable);
      } else if (errno != EINTR && errno != ECONNABORTED) {
        service_.backend.log.warn("api.accept_failed", {{"error", std::strerror(errno)}});
        co_await pause(accept_pause);
      }
    }
  }

  // Until the time is up or a session has ended.
  asio::awaitable<void> pause(milliseconds time) {
    changed_.expires_after(time);
    co_await changed_.async_wait(named_awaitable);
  }

  // As what the next connection may come in; nullopt: not now.
  std::optional<Admission> make_room() {
    const auto most = static_cast<std::size_t>(service_.options.connections_max);
    if (sessions_.size() < most) return Admission::regular;
    if (sessions_.size() < most + reserve) {
      return cut_idlest() ? Admission::regular : Admission::reserve;
    }
    (void)cut_idlest();
    return std::nullopt;
  }

  // Ends the connection that has kept a place for longest without asking anything: first those that never asked. False: all are busy.
  bool cut_idlest() {
    const Moment now = service_.backend.clock.moment();
    Session* idlest = nullptr;
    for (Session& session : sessions_) {
      const auto since = session.idle_since();
      if (!since || now - *since < patience) continue;
      if (idlest == nullptr || (idlest->proven() && !session.proven()) ||
          (idlest->proven() == session.proven() && *since < *idlest->idle_since()))
        idlest = &session;
    }
    if (idlest != nullptr) idlest->cut();
    return idlest != nullptr;
  }

  // Waits for the open requests; what has not ended in time is cut.
  asio::awaitable<void> see_off() {
    farewell_.expires_after(farewell);
    farewell_.async_wait([this](boost::system::error_code error) {
      if (error) return;
      for (Session& session : sessions_) session.cut();
    });
    while (children_ > 0) co_await pause(full_pause);
    farewell_.cancel();
  }

  Service service_;
  std::optional<ListeningSocket> listening_{};
  asio::posix::stream_descriptor* listener_ = nullptr;   // lives in run()
  std::list<Session> sessions_{};
  int children_ = 0;
  bool stopping_ = false;
  asio::steady_timer changed_;
  asio::steady_timer farewell_;
};

Server::Server(Backend backend, Options options) : impl_(std::make_unique<Impl>(std::move(backend), std::move(options))) {}
Server::~Server() = default;
void Server::bind() { impl_->bind(); }
asio::awaitable<void> Server::run() { return impl_->run(); }
void Server::stop() { impl_->stop(); }

}  // namespace reeve::api

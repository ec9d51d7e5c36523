// A whole daemon inside the test: real socket, memory store, store thread, reader thread, event feed, supervisor and inline executor.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "api/client.hpp"
#include "api/server.hpp"
#include "handlers/handler.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/log.hpp"

namespace reeve::executors {
class Executors;
}
namespace reeve::store {
class Store;
}
namespace reeve::supervisor {
class EventFeed;
class ReaderThread;
class StoreThread;
class Supervisor;
}

namespace reeve::test {

// A fresh directory that is removed with all that is in it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class Daemon {
 public:
  explicit Daemon(api::Options limits = {});
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  [[nodiscard]] const std::string& socket() const { return limits_.socket; }
  [[nodiscard]] api::Client client() const { return api::Client(socket()); }
  // Runs `work` on the loop and waits for it.
  void on_loop(const std::function<void()>& work);
  // Runs `work` in the store, as the supervisor would for a running attempt, and waits until it is durable.
  void in_store(std::function<void(store::Store&)> work);
  [[nodiscard]] bool was_asked_to_shut_down() const { return shutdown_asked_; }
  // Ends the server and waits until nothing of it is left.
  void stop();

  api::ReloadAnswer next_reload{};

 private:
  Folder folder_{};
  api::Options limits_;
  boost::asio::io_context loop_{1};
  supervisor::SystemClock clock_{};
  std::unique_ptr<supervisor::Log> log_;
  std::unique_ptr<supervisor::EventFeed> feed_{};
  std::unique_ptr<supervisor::StoreThread> store_{};
  std::unique_ptr<supervisor::ReaderThread> reader_{};
  std::unique_ptr<executors::Executors> executors_{};
  std::unique_ptr<supervisor::Supervisor> supervisor_{};
  std::unique_ptr<api::Server> server_{};
  bool shutdown_asked_ = false;
  std::thread thread_{};
};

// The value of a member of a JSON object, as text: strings without quotes. On the test's own thread only: it asserts.
[[nodiscard]] std::string member(const std::string& json, const std::string& key);

// The id of the new task. On the test's own thread only.
[[nodiscard]] std::string enqueue(api::Client& client, const std::string& body);

// Sends raw bytes and gives back all that comes until the server closes or `patience` is over.
class RawConnection {
 public:
  explicit RawConnection(const std::string& socket);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  // False: the server takes no more.
  bool send(std::string_view bytes);
  // Until `marker` has come, or the end.
  std::string read_until(std::string_view marker, std::chrono::milliseconds patience = std::chrono::seconds{10});
  [[nodiscard]] bool closed_within(std::chrono::milliseconds patience);

 private:
  int fd_ = -1;
};

}  // namespace reeve::test

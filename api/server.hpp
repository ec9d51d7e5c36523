// The HTTP/1.1 + JSON API on a Unix socket (docs/api.md). Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/options.hpp"
#include "executors/make.hpp"
#include "supervisor/door.hpp"

namespace reeve::supervisor {
class Clock;
class EventFeed;
class Log;
class ReaderThread;
class StoreThread;
class Supervisor;
}  // namespace reeve::supervisor

namespace reeve::api {

class ConfigControl;

// What a reload did: `errors` empty means that it is in force.
struct ReloadAnswer {
  std::vector<std::string> errors{};     // "reeve.yaml:14:14: ..."
  std::vector<std::string> warnings{};
};

// Everything the routes work with. The references outlive the server.
struct Backend {
  boost::asio::any_io_executor loop;
  supervisor::StoreThread& store;
  supervisor::ReaderThread& reader;
  supervisor::Supervisor& supervisor;
  supervisor::EventFeed& feed;
  executors::remote::Exchange& exchange;   // where workers elsewhere wait for tasks
  const supervisor::Clock& clock;
  supervisor::Log& log;
  std::string version{};
  std::function<ReloadAnswer(const std::string& actor)> reload{};
  std::function<void()> shut_down{};
  std::vector<executors::Feature> features{};
  bool ad_hoc_commands = true;           // whether the kind reeve.command may be enqueued
  ConfigControl* config = nullptr;       // null: there is none that could be changed
  std::function<supervisor::DoorStatus()> door{};
  std::function<void()> ring{};          // another program has written into the inbox or an outbox
};

class Server {
 public:
  Server(Backend backend, Options options);
  ~Server();

  // Binds the socket: mode and group from its creation on, a stale socket of a dead daemon is replaced, one that somebody answers on is
  // not. Throws std::runtime_error that names the path and the reason.
  void bind();

  // Serves until stop().
  boost::asio::awaitable<void> run();

  // Accepts nothing new, ends live streams with a `shutdown` event, lets open requests finish for a moment, then closes. run() returns.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reeve::api

// The daemon, put together: the only place that knows the configuration, the concrete store, the executors and the API at once.
//
//   start     log, store (locked, verified, migrated), socket, store thread, reader thread, executors, supervisor; READY when the supervisor
//             has recovered what dead incarnations left and claims tasks
//   signals   SIGTERM, SIGINT: shut down, the second hurries. SIGHUP: reload, all or nothing, and reopen the log
//   end       the supervisor ends its attempts while the API still answers; then the API, the store thread, the reader thread
//
// A store that can no longer do its job ends the daemon with the exit code that says why (store_exit.hpp).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/compose/locate.hpp"

namespace reeve::cli::compose {

struct ServeOptions {
  bool until_idle = false;       // end as soon as nothing runs and nothing is due
  bool is_service = true;        // owns the process: handles signals, talks to the service manager, logs; otherwise it is a guest
  std::function<void()> on_ready{};
};

class Daemon {
 public:
  // Throws BadConfiguration, or std::runtime_error when there is no place for the store or the socket.
  Daemon(Choices choices, Surroundings around, ServeOptions options);
  ~Daemon();

  [[nodiscard]] const std::string& socket() const;

  // Serves until it is told to end. Gives the exit code. The thread that calls this must live as long as the process (executors/make.hpp).
  int run();

  // As SIGTERM. Any thread.
  void shut_down();

  // Why run() gave another code than 0.
  [[nodiscard]] const std::string& trouble() const;

 private:
  class Life;
  std::unique_ptr<Life> life_;
};

}  // namespace reeve::cli::compose

// Reading a task's log: what is there, and then what comes, without gap and without a line twice.
//
// Lines carry a sequence number. Whatever the live stream or a reconnect brings, only lines beyond the last one given are given, and before
// the stream's first line all that the log already holds is read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/session.hpp"

namespace reeve::cli {

class LogReader {
 public:
  struct Options {
    std::string path{};                       // of the task, as path_of_task() gives it
    std::optional<int> last{};                // only the newest lines; everything when absent
    std::optional<std::int64_t> epoch{};      // of one attempt
  };
  // `take` gets each line as JSON text.
  LogReader(Session& session, Options options, std::function<void(std::string_view)> take);

  // Everything there is now.
  void read();
  // Goes on until the task is terminal. Survives restarts of the daemon.
  void follow();

 private:
  void read_page(const std::string& query, bool& more);
  void catch_up();
  void give(std::string_view line);
  [[nodiscard]] std::string epoch_query() const;

  Session& session_;
  Options options_;
  std::function<void(std::string_view)> take_;
  std::int64_t seen_ = 0;
};

// The bytes of a line's message: as they are with --raw, safe to show otherwise.
[[nodiscard]] std::string message_of_line(const Session& session, const Object& line);
// Exactly what the task printed.
[[nodiscard]] std::string bytes_of_line(const Object& line);

}  // namespace reeve::cli

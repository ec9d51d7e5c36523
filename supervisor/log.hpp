// The daemon's own log: one event, one line, stable names and fields; for log aggregation first, for people on a terminal second.
//
//   log.info("attempt.finished", {{"task", 42}, {"kind", "report"}, {"outcome", "timed_out"}, {"ms", 30012}});
//   {"ts":"2026-11-20T20:31:00.123Z","level":"info","event":"attempt.finished","task":42,"kind":"report","outcome":"timed_out","ms":30012}
//
// Fields with an empty text are left out. Values are escaped; whatever a handler printed, a record is one line of valid JSON. Values of fields whose name holds a redacted word are
// masked. Never blocks the daemon for long and never throws: records that cannot be written are counted and the count is logged when writing
// works again. Any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "supervisor/log_options.hpp"

namespace reeve::supervisor {

struct LogField {
  std::string_view name;
  std::variant<std::int64_t, double, bool, std::string_view> value;

  LogField(std::string_view name, std::string_view text) : name(name), value(text) {}
  LogField(std::string_view name, const char* text) : name(name), value(std::string_view(text)) {}
  LogField(std::string_view name, const std::string& text) : name(name), value(std::string_view(text)) {}
  LogField(std::string_view name, bool flag) : name(name), value(flag) {}
  LogField(std::string_view name, double number) : name(name), value(number) {}
  LogField(std::string_view name, int number) : name(name), value(std::int64_t{number}) {}
  LogField(std::string_view name, long number) : name(name), value(std::int64_t{number}) {}
  LogField(std::string_view name, long long number) : name(name), value(static_cast<std::int64_t>(number)) {}
  LogField(std::string_view name, unsigned long number) : name(name), value(static_cast<std::int64_t>(number)) {}
};

using LogFields = std::initializer_list<LogField>;

class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view event, LogFields fields) = 0;
  virtual void reopen() = 0;                              // after rotation of the file
  [[nodiscard]] virtual std::int64_t lost() const = 0;    // records that could not be written, since start

  void debug(std::string_view event, LogFields fields = {}) { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, LogFields fields = {}) { write(LogLevel::info, event, fields); }
  void warn(std::string_view event, LogFields fields = {}) { write(LogLevel::warn, event, fields); }
  void error(std::string_view event, LogFields fields = {}) { write(LogLevel::error, event, fields); }
};

// Throws std::runtime_error when the file cannot be opened.
[[nodiscard]] std::unique_ptr<Log> make_log(const LogOptions& options);
// Writes nothing; for tests and tools.
[[nodiscard]] std::unique_ptr<Log> make_silent_log();

}  // namespace reeve::supervisor

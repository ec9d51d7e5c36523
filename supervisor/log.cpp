#include "supervisor/log.hpp"

#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <mutex>

#include "supervisor/log_format.hpp"
#include "supervisor/log_sink.hpp"

namespace reeve::supervisor {

namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

LogLevel from_spdlog(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug: return LogLevel::debug;
    case spdlog::level::warn: return LogLevel::warn;
    case spdlog::level::err:
    case spdlog::level::critical: return LogLevel::error;
    default: return LogLevel::info;
  }
}

// How lines look, decided once.
struct Look {
  bool json = true;
  bool colour = false;

  std::string line(store::Timestamp at, LogLevel level, std::string_view fragment) const {
    return json ? json_line(at, level, fragment) : text_line(at, level, fragment, colour);
  }
  std::string fragment(std::string_view event, LogFields fields, const Redaction& redaction) const {
    return json ? json_fragment(event, fields, redaction) : text_fragment(event, fields, redaction);
  }
};

// The payload of a message is already a fragment of the record (log_format.hpp); this puts time and level around it.
class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(Look look) : look_(look) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto at = std::chrono::floor<store::Millis>(message.time);
    const std::string line = look_.line(at, from_spdlog(message.level), {message.payload.data(), message.payload.size()});
    out.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<LineFormatter>(look_); }

 private:
  Look look_;
};

// spdlog's side of a LogSink. The mutex of the base makes it fit for any thread.
class SinkAdapter final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  SinkAdapter(std::unique_ptr<LogSink> sink, Look look) : base_sink(std::make_unique<LineFormatter>(look)), sink_(std::move(sink)) {}

  void reopen() {
    const std::lock_guard lock{mutex_};
    sink_->reopen();
  }
  [[nodiscard]] std::int64_t lost() const { return sink_->lost(); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    sink_->write({line.data(), line.size()});
  }
  void flush_() override {}  // nothing is held back that could be written

 private:
  std::unique_ptr<LogSink> sink_;
};

class SpdlogLog final : public Log {
 public:
  SpdlogLog(const LogOptions& options, std::unique_ptr<LogSink> sink, Look look)
      : look_(look), redaction_(options.redact), sink_(std::make_shared<SinkAdapter>(std::move(sink), look)), logger_("reeve", sink_) {
    logger_.set_level(to_spdlog(options.level));
    logger_.set_error_handler([](const std::string&) {});  // spdlog would write to stderr; a record that cannot be made is not worth that
  }

  void write(LogLevel level, std::string_view event, LogFields fields) override {
    if (!logger_.should_log(to_spdlog(level))) return;
    const std::string fragment = look_.fragment(event, fields, redaction_);
    logger_.log(to_spdlog(level), spdlog::string_view_t{fragment.data(), fragment.size()});
  }

  void reopen() override {
    try {
      sink_->reopen();
    } catch (const std::exception& fault) {
      error("log.reopen_failed", {{"message", fault.what()}});  // into the old file, which is still open
    }
  }

  [[nodiscard]] std::int64_t lost() const override { return sink_->lost(); }

 private:
  const Look look_;
  const Redaction redaction_;
  const std::shared_ptr<SinkAdapter> sink_;  // two owners: this for reopen() and lost(), spdlog's logger for writing
  spdlog::logger logger_;
};

class SilentLog final : public Log {
 public:
  void write(LogLevel, std::string_view, LogFields) override {}
  void reopen() override {}
  [[nodiscard]] std::int64_t lost() const override { return 0; }
};

Look look_for(const LogOptions& options) {
  const bool terminal = options.file.empty() && ::isatty(STDOUT_FILENO) == 1;
  Look look;
  look.json = options.format == LogFormat::json || (options.format == LogFormat::automatic && !terminal);
  look.colour = !look.json && terminal && std::getenv("NO_COLOR") == nullptr;
  return look;
}

// A reader of our stdout that goes away must not take the daemon with it. A disposition that somebody chose is left alone.
void survive_a_closed_pipe() {
  struct sigaction present {};
  if (::sigaction(SIGPIPE, nullptr, &present) == 0 && present.sa_handler == SIG_DFL) ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

std::unique_ptr<Log> make_log(const LogOptions& options) {
  survive_a_closed_pipe();
  const Look look = look_for(options);
  const Redaction plain{{}};
  auto loss_line = [look, plain](std::int64_t lost) {
    const auto now = std::chrono::floor<store::Millis>(std::chrono::system_clock::now());
    return look.line(now, LogLevel::warn, look.fragment("log.lost", {{"lost", static_cast<long long>(lost)}}, plain));
  };
  auto sink = options.file.empty() ? std::make_unique<LogSink>(STDOUT_FILENO, loss_line) : std::make_unique<LogSink>(options.file, loss_line);
  return std::make_unique<SpdlogLog>(options, std::move(sink), look);
}

std::unique_ptr<Log> make_silent_log() { return std::make_unique<SilentLog>(); }

}  // namespace reeve::supervisor

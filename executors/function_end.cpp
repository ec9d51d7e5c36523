#include "executors/function_end.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <cmath>
#include <utility>

#include "executors/utf8.hpp"

namespace reeve::executors {
namespace {

constexpr std::size_t line_bytes_max = 64 << 10;
constexpr std::size_t text_bytes_max = 16 << 10;
constexpr std::size_t code_bytes_max = 256;
constexpr int depth_max = 64;

bool is_json(std::string_view text) {
  boost::system::error_code error;
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::json::monotonic_resource memory;
  (void)boost::json::parse(text, error, &memory, options);
  return !error;
}

std::string text(std::string_view bytes, std::size_t most) { return to_utf8(bytes.substr(0, most)); }

std::string or_else(std::string text, const char* otherwise) { return text.empty() ? otherwise : std::move(text); }

End bad_result(std::string message) { return Failed{"bad_result", std::move(message), {}, {}}; }

struct Check {
  End operator()(Succeeded& end) const {
    const auto bytes = end.result.size();
    if (bytes > function_result_bytes_max)
      return Failed{"result_too_large", "a result of " + std::to_string(bytes) + " bytes; at most " + std::to_string(function_result_bytes_max) + " are kept",
                    {}, {}};
    if (bytes > 0 && !is_json(end.result)) return bad_result("the result is no JSON; it begins with " + text(end.result, 64));
    return std::move(end);
  }
  End operator()(Failed& end) const {
    return Failed{or_else(text(end.code, code_bytes_max), "error"), text(end.message, text_bytes_max), detail(std::move(end.detail)), end.retry_at};
  }
  End operator()(Rejected& end) const {
    return Rejected{or_else(text(end.code, code_bytes_max), "rejected"), text(end.message, text_bytes_max), detail(std::move(end.detail))};
  }
  End operator()(Snoozed& end) const { return end.for_.count() >= 0 ? End(end) : bad_result("it asked to be run again in the past"); }
  End operator()(Suspended&) const { return foreign("suspended"); }
  End operator()(Crashed&) const { return foreign("crashed"); }
  End operator()(Stopped&) const { return foreign("stopped, which nobody asked for"); }
  End operator()(SpawnFailed&) const { return foreign("not started"); }
  End operator()(ProtocolError&) const { return foreign("a broken protocol"); }

 private:
  static End foreign(const char* what) { return bad_result(std::string("the function says that it ended as: ") + what + "; it can succeed, fail, reject or snooze"); }
  static std::string detail(std::string json) { return is_json(json) ? std::move(json) : std::string(); }
};

std::optional<double> bounded(std::optional<double> number, double most) {
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return std::clamp(*number, 0.0, most);
}

}  // namespace

End checked(End end) { return std::visit(Check{}, end); }

End end_of(const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& known) {
    return Failed{"exception", text(known.what(), text_bytes_max), {}, {}};
  } catch (...) {
    return Failed{"exception", "something was thrown that is no std::exception", {}, {}};
  }
}

End under_stop(End end, std::optional<StopReason> stop) {
  if (stop && !std::holds_alternative<Succeeded>(end)) return Stopped{*stop};
  return end;
}

ProgressReport checked(ProgressReport report) {
  report.percent = bounded(report.percent, 100);
  report.current = bounded(report.current, 1e300);
  report.total = bounded(report.total, 1e300);
  report.label = text(report.label, text_bytes_max);
  if (report.meta.size() > line_bytes_max || !is_json(report.meta)) report.meta.clear();
  return report;
}

OutputLine log_entry(std::string level, std::string_view message) {
  const bool known = level == "debug" || level == "info" || level == "warn" || level == "error";
  return {Stream::entry, known ? std::move(level) : std::string("info"), text(message, line_bytes_max), {}};
}

}  // namespace reeve::executors

#include "api/route_table.hpp"

#include <algorithm>
#include <array>

#include "api/routes/routes.hpp"

namespace reeve::api {

namespace {

constexpr std::array table{
    Route{Method::post, "/v1/tasks", routes::enqueue},
    Route{Method::get, "/v1/tasks", routes::list_tasks},
    Route{Method::post, "/v1/tasks/bulk", routes::enqueue_bulk},
    Route{Method::post, "/v1/tasks/cancel", routes::cancel_tasks},
    Route{Method::post, "/v1/tasks/retry", routes::retry_tasks},
    Route{Method::post, "/v1/tasks/rerun", routes::rerun_tasks},
    Route{Method::post, "/v1/tasks/delete", routes::remove_tasks},
    Route{Method::get, "/v1/tasks/{id}", routes::get_task},
    Route{Method::delete_, "/v1/tasks/{id}", routes::remove_task},
    Route{Method::get, "/v1/tasks/{id}/wait", routes::wait_for_task},
    Route{Method::post, "/v1/tasks/{id}/cancel", routes::cancel_task},
    Route{Method::post, "/v1/tasks/{id}/retry", routes::retry_task},
    Route{Method::post, "/v1/tasks/{id}/rerun", routes::rerun_task},
    Route{Method::get, "/v1/tasks/{id}/attempts", routes::get_attempts},
    Route{Method::get, "/v1/tasks/{id}/log", routes::get_log},
    Route{Method::get, "/v1/tasks/{id}/events", routes::get_task_events},
    Route{Method::get, "/v1/tasks/{id}/why", routes::explain_task},
    Route{Method::get, "/v1/tasks/{id}/stream", routes::stream_task},
    Route{Method::get, "/v1/tasks/{id}/steps", routes::get_steps},
    Route{Method::get, "/v1/tasks/{id}/signals", routes::get_signals},
    Route{Method::post, "/v1/tasks/{id}/signals", routes::send_signal},
    Route{Method::post, "/v1/attempt", routes::speak},
    Route{Method::post, "/v1/claims", routes::claim_remote},
    Route{Method::get, "/v1/events", routes::list_events},
    Route{Method::get, "/v1/events/stream", routes::stream_events},
    Route{Method::get, "/v1/status", routes::get_status},
    Route{Method::get, "/v1/failures", routes::list_failures},
    Route{Method::get, "/v1/queues", routes::list_queues},
    Route{Method::post, "/v1/queues/{name}/pause", routes::pause_queue},
    Route{Method::post, "/v1/queues/{name}/resume", routes::resume_queue},
    Route{Method::get, "/v1/tasks/{id}/dependencies", routes::get_dependencies},
    Route{Method::get, "/v1/batches", routes::list_batches},
    Route{Method::post, "/v1/batches", routes::create_batch},
    Route{Method::get, "/v1/batches/{id}", routes::get_batch},
    Route{Method::post, "/v1/batches/{id}/close", routes::close_batch},
    Route{Method::get, "/v1/batches/{id}/wait", routes::wait_for_batch},
    Route{Method::get, "/v1/pauses", routes::list_pauses},
    Route{Method::post, "/v1/kinds/{kind}/pause", routes::pause_kind},
    Route{Method::post, "/v1/kinds/{kind}/resume", routes::resume_kind},
    Route{Method::post, "/v1/labels/pause", routes::pause_label},
    Route{Method::post, "/v1/labels/resume", routes::resume_label},
    Route{Method::get, "/v1/schedules", routes::list_schedules},
    Route{Method::get, "/v1/schedules/{name}", routes::get_schedule},
    Route{Method::put, "/v1/schedules/{name}", routes::put_schedule},
    Route{Method::delete_, "/v1/schedules/{name}", routes::remove_schedule},
    Route{Method::post, "/v1/schedules/{name}/pause", routes::pause_schedule},
    Route{Method::post, "/v1/schedules/{name}/resume", routes::resume_schedule},
    Route{Method::post, "/v1/schedules/{name}/run", routes::run_schedule},
    Route{Method::get, "/v1/kinds", routes::list_kinds},
    Route{Method::get, "/v1/stats", routes::get_stats},
    Route{Method::post, "/v1/drain", routes::drain},
    Route{Method::get, "/v1/drain", routes::get_drain},
    Route{Method::post, "/v1/resume", routes::resume},
    Route{Method::post, "/v1/reload", routes::reload},
    Route{Method::post, "/v1/shutdown", routes::shut_down},
    Route{Method::get, "/v1/config", routes::get_config},
    Route{Method::post, "/v1/config/plan", routes::plan_config},
    Route{Method::post, "/v1/config/apply", routes::apply_config},
    Route{Method::post, "/v1/config/rollback", routes::roll_back_config},
    Route{Method::get, "/v1/config/revisions", routes::list_revisions},
    Route{Method::get, "/v1/config/revisions/{number}", routes::get_revision},
    Route{Method::get, "/v1/config/revisions/{number}/changes", routes::compare_revisions},
    Route{Method::get, "/v1/doctor", routes::get_doctor},
    Route{Method::get, "/v1/store/check", routes::check_store},
    Route{Method::post, "/v1/store/backup", routes::back_up_store},
    Route{Method::get, "/v1/inbox", routes::list_inbox},
    Route{Method::post, "/v1/inbox/ring", routes::ring_inbox},
    Route{Method::post, "/v1/store/compact", routes::compact_store},
    Route{Method::post, "/v1/store/vacuum", routes::vacuum_store},
    Route{Method::get, "/v1/store/stats", routes::get_store_stats},
    Route{Method::get, "/healthz", routes::get_health},
    Route{Method::get, "/readyz", routes::get_readiness},
};

// Cuts the next segment off the front of "/v1/tasks".
std::string_view next_segment(std::string_view& pattern) {
  pattern.remove_prefix(1);
  const std::string_view segment = pattern.substr(0, pattern.find('/'));
  pattern.remove_prefix(segment.size());
  return segment;
}

bool is_placeholder(std::string_view segment) { return segment.front() == '{'; }

// How many placeholders `segments` fill in the pattern; nullopt when they do not fit.
std::optional<int> fit(std::string_view pattern, std::span<const std::string> segments) {
  int placeholders = 0;
  for (const std::string& segment : segments) {
    if (pattern.empty()) return std::nullopt;
    const std::string_view wanted = next_segment(pattern);
    if (is_placeholder(wanted)) {
      if (segment.empty()) return std::nullopt;
      ++placeholders;
    } else if (wanted != segment) {
      return std::nullopt;
    }
  }
  if (!pattern.empty()) return std::nullopt;
  return placeholders;
}

std::vector<std::string> arguments_of(std::string_view pattern, std::span<const std::string> segments) {
  std::vector<std::string> arguments;
  for (const std::string& segment : segments)
    if (is_placeholder(next_segment(pattern))) arguments.push_back(segment);
  return arguments;
}

void add_method(std::string& allowed, std::string_view method) { (allowed += allowed.empty() ? "" : ", ") += method; }

}  // namespace

std::span<const Route> route_table() { return table; }

Match match(std::span<const Route> table_of_routes, Method method, std::span<const std::string> segments) {
  const Method wanted = method == Method::head ? Method::get : method;
  Match found;
  int fewest = 0;
  for (const Route& route : table_of_routes) {
    const auto placeholders = fit(route.pattern, segments);
    if (!placeholders) continue;
    add_method(found.allowed, name(route.method));
    if (route.method == Method::get) add_method(found.allowed, "HEAD");
    if (route.method != wanted || (found.route != nullptr && *placeholders >= fewest)) continue;
    found.route = &route;
    fewest = *placeholders;
  }
  if (found.route != nullptr) found.arguments = arguments_of(found.route->pattern, segments);
  return found;
}

}  // namespace reeve::api

#include "api/json/writer.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

Reply state_reply(std::string_view status, const std::string& reason, int http_status) {
  JsonWriter json;
  json.open_object().member("status", status).text_member("reason", reason).close_object();
  return json_reply(std::move(json).text(), http_status);
}

}  // namespace

Answer get_health(Service& service, Request) {
  const supervisor::Overview overview = service.backend.supervisor.overview();
  if (!overview.trouble.empty()) co_return state_reply("degraded", overview.trouble, 503);
  co_return state_reply("ok", "", 200);
}

Answer get_readiness(Service& service, Request) {
  const supervisor::Overview overview = service.backend.supervisor.overview();
  if (overview.phase == supervisor::Phase::running && !overview.paused_claims) co_return state_reply("ready", "", 200);
  const std::string reason = overview.paused_claims ? std::string("drained") : std::string(name(overview.phase));
  co_return state_reply("not_ready", reason, 503);
}

}  // namespace reeve::api::routes

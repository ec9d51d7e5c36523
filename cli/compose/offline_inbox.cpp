#include "cli/compose/offline_inbox.hpp"

#include <filesystem>

#include "api/door_task.hpp"
#include "cli/compose/offline_store.hpp"
#include "cli/compose/settings.hpp"
#include "supervisor/clock.hpp"

namespace reeve::cli::compose {
namespace {

void refuse_what_no_daemon_takes(const config::Configuration& configuration, std::span<const store::DoorRow> rows) {
  if (!configuration.store.inbox) throw NotAcceptable("store.inbox is false: what lies in the inbox is never taken; start the daemon");
  const handlers::Handlers handlers(configuration.handlers, configuration.queues);
  const auto commands = configuration.supervisor.ad_hoc_commands ? api::RowCommands::allowed : api::RowCommands::refused;
  const store::Timestamp now = supervisor::SystemClock{}.now();
  for (std::size_t number = 0; number < rows.size(); ++number) {
    const auto judged = api::admit_row(handlers, rows[number], commands, now);
    const auto* refusal = std::get_if<store::DoorRefusal>(&judged);
    if (!refusal) continue;
    throw NotAcceptable((rows.size() == 1 ? "" : "task " + std::to_string(number + 1) + " of " + std::to_string(rows.size()) + ": ") + refusal->message);
  }
}

}  // namespace

std::string leave_for_later(const std::string& store, const Choices& choices, const Surroundings& around, std::span<const store::DoorRow> rows) {
  if (store.empty()) refuse_what_no_daemon_takes(load_settings(choices, around).configuration, rows);
  std::string url = store_url(store, choices, around);
  store::leave_in_inbox(url, rows);
  return url;
}

store::OutboxMade make_outbox(const std::string& path) { return store::make_outbox(std::filesystem::absolute(path).lexically_normal().string()); }

}  // namespace reeve::cli::compose

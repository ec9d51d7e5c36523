#include "api/door_task.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "api/json/reader.hpp"
#include "api/problem.hpp"
#include "api/task_request.hpp"
#include "handlers/admit.hpp"

namespace reeve::api {

std::variant<store::NewTask, store::DoorRefusal> admit_row(const handlers::Handlers& handlers, const store::DoorRow& row, RowCommands commands,
                                                           store::Timestamp now) {
  const std::string text = task_text(row);
  if (const auto fault = check_json(text)) return store::DoorRefusal{"invalid_json", "the row is no proper task: " + fault->message};
  try {
    handlers::Wish wish = parse_wish(text);
    const bool from_inbox = row.token.empty();
    if (wish.kind == handlers::command_kind && (commands == RowCommands::refused || !from_inbox))
      return store::DoorRefusal{"commands_disabled", "rows from here cannot bring a command of their own; declare a handler that runs it"};
    wish.created_by = (from_inbox ? "inbox:" : "outbox:") + std::to_string(row.id);
    auto admitted = handlers::admit(handlers, std::move(wish), std::min(row.written_at.value_or(now), now));
    if (auto* refusal = std::get_if<handlers::Refusal>(&admitted)) return store::DoorRefusal{refusal->code, refusal->message};
    return std::move(std::get<store::NewTask>(admitted));
  } catch (const Problem& problem) {
    return store::DoorRefusal{problem.code, problem.detail};
  }
}

}  // namespace reeve::api

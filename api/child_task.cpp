#include "api/child_task.hpp"

#include <string>
#include <utility>

#include "api/json/reader.hpp"
#include "api/problem.hpp"
#include "api/task_request.hpp"
#include "handlers/admit.hpp"

namespace reeve::api {

namespace {

executors::Answer refused(std::string code, std::string message) { return {.code = std::move(code), .message = std::move(message)}; }

}  // namespace

std::variant<store::NewTask, executors::Answer> admit_child(const handlers::Handlers& handlers, std::string_view json, store::TaskId parent,
                                                            store::Timestamp now) {
  if (const auto fault = check_json(json)) return refused("invalid_json", "the task is no proper JSON: " + fault->message);
  try {
    handlers::Wish wish = parse_wish(json);
    if (wish.kind == handlers::command_kind) return refused("commands_disabled", "a handler enqueues declared kinds only; declare one that runs the command");
    wish.created_by = "task:" + std::to_string(number(parent));
    auto admitted = handlers::admit(handlers, std::move(wish), now);
    if (auto* refusal = std::get_if<handlers::Refusal>(&admitted)) return refused(refusal->code, refusal->message);
    auto& task = std::get<store::NewTask>(admitted);
    task.parent = parent;
    return std::move(task);
  } catch (const Problem& problem) {
    return refused(problem.code, problem.detail);
  }
}

}  // namespace reeve::api

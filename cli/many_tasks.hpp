// Doing one thing to many tasks: find out which, ask when it is many, send in chunks, report each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/json_object.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"

namespace reeve::cli {

// The ids that are meant, in rising order, none twice. Looks up what was not typed one by one. Throws Problem for an unknown external id.
[[nodiscard]] std::vector<std::int64_t> expand(Session& session, const Selection& selection);

// Calls `take` with each task of the listing that is meant, as JSON text, until it returns false.
void list_tasks(Session& session, const Selection& selection, const std::string& more_query, const std::function<bool(std::string_view)>& take);

struct ManyAction {
  std::string verb{};                        // "cancel": for questions, and the path POST /v1/tasks/<verb>
  std::vector<std::string> usual_states{};   // what is meant when tasks are chosen by filter and no state is given
  std::vector<std::string> good_results{};
  JsonObject more{};                         // further members of the request
  Headers headers{};
};

// For the selection that names exactly one task: a refusal says why, as a Problem.
[[nodiscard]] int act_on_one(Session& session, const Selection& selection, const ManyAction& action);

// Gives the exit code: 0 when every task had a good result, 3 when one does not exist, 1 otherwise.
[[nodiscard]] int act_on_many(Session& session, Selection selection, const ManyAction& action);

}  // namespace reeve::cli

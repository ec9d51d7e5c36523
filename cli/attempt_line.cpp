#include "cli/attempt_line.hpp"

#include "cli/problem.hpp"
#include "cli/selector.hpp"

namespace reeve::cli {

JsonObject message_of(std::string_view type) {
  JsonObject message{};
  message.add("type", type);
  return message;
}

AttemptLine::AttemptLine(Session& session) : session_(session), token_(session.environment()("REEVE_TOKEN").value_or("")) {
  if (token_.empty())
    throw UsageError("there is no task here: REEVE_TOKEN is not set. This verb speaks for the task of the handler that runs it; "
                     "use it in the command of a handler, or in what `reeve run` starts");
}

std::string AttemptLine::ask(const JsonObject& message) {
  const Answer answer = session_.daemon().post("/v1/attempt", message.text(), {{"Authorization", "Bearer " + token_}});
  const Object said = answer.object();
  if (!said.contains("error")) return answer.body;
  const Object& error = object_in(said, "error");
  throw Problem(409, JsonObject{}.add("code", text_in(error, "code")).add("detail", text_in(error, "message")).text());
}

bool is_suspended(const Object& answer) { return is_set_in(answer, "suspend"); }

}  // namespace reeve::cli

// What a handler's programs say to reeve: one message of docs/protocol.md a request, for the attempt that REEVE_TOKEN names.
#pragma once

#include <string>

#include "cli/json_object.hpp"
#include "cli/session.hpp"

namespace reeve::cli {

// A message of this type, to be filled.
[[nodiscard]] JsonObject message_of(std::string_view type);

class AttemptLine {
 public:
  // Throws UsageError outside of a handler.
  explicit AttemptLine(Session& session);

  // Gives the answer, a JSON object. Throws Problem when reeve refuses and api::Unreachable when it is gone.
  [[nodiscard]] std::string ask(const JsonObject& message);
  // The same where the answer says nothing more.
  void tell(const JsonObject& message) { static_cast<void>(ask(message)); }

 private:
  Session& session_;
  std::string token_;
};

// The answer says that the attempt is to end now and its task will wait. Scripts see exit code 75 and nothing on stdout.
[[nodiscard]] bool is_suspended(const Object& answer);
inline constexpr int exit_code_suspended = 75;

}  // namespace reeve::cli

#include "executors/protocol/verdict.hpp"

#include <string>
#include <utility>

namespace reeve::executors::protocol {
namespace {

std::string or_else(std::string text, const char* otherwise) { return text.empty() ? otherwise : std::move(text); }

struct Meaning {
  End operator()(ResultMessage& result) const { return Succeeded{std::move(result.value)}; }
  End operator()(ErrorMessage& error) const {
    if (!error.retry) return Rejected{or_else(std::move(error.code), "error"), std::move(error.message), std::move(error.detail)};
    return Failed{or_else(std::move(error.code), "error"), std::move(error.message), std::move(error.detail), error.retry_at};
  }
  End operator()(RejectMessage& reject) const {
    return Rejected{or_else(std::move(reject.code), "rejected"), std::move(reject.message), std::move(reject.detail)};
  }
  End operator()(SnoozeMessage& snooze) const { return Snoozed{snooze.for_}; }
  End operator()(SuspendMessage&) const { return Suspended{}; }
};

}  // namespace

End end_of(Terminal terminal) { return std::visit(Meaning{}, terminal); }

ErrorMessage too_large(std::size_t size, std::int64_t bytes_max) {
  return {"result_too_large", "a result of " + std::to_string(size) + " bytes or more; at most " + std::to_string(bytes_max) + " are kept", {}, true,
          std::nullopt};
}

std::optional<Terminal> accepted(std::optional<Terminal> said, ResultBy result, std::int64_t bytes_max) {
  auto* message = said ? std::get_if<ResultMessage>(&*said) : nullptr;
  if (message == nullptr) return said;
  if (result == ResultBy::none) message->value.clear();
  if (message->value.size() > static_cast<std::size_t>(bytes_max)) return too_large(message->value.size(), bytes_max);
  return said;
}

}  // namespace reeve::executors::protocol

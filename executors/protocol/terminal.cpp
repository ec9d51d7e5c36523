#include "executors/protocol/terminal.hpp"

#include <string>
#include <utility>
#include <variant>

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

Terminal too_large(std::size_t size, std::int64_t most) {
  return ErrorMessage{"result_too_large", "a result of " + std::to_string(size) + " bytes or more; at most " + std::to_string(most) + " are kept", {},
                      true, std::nullopt};
}

Terminal accepted(Terminal said, const ProcessSpec& spec) {
  auto* result = std::get_if<ResultMessage>(&said);
  if (result == nullptr) return said;
  if (spec.result == ResultBy::none) result->value.clear();
  if (result->value.size() > static_cast<std::size_t>(spec.result_bytes_max)) return too_large(result->value.size(), spec.result_bytes_max);
  return said;
}

End meaning(Terminal said) { return std::visit(Meaning{}, said); }

}  // namespace reeve::executors::protocol

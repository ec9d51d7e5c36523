// What reeve says to a handler; each ends with its newline.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "executors/execution.hpp"
#include "executors/outcome.hpp"
#include "executors/protocol/addressee.hpp"
#include "executors/request.hpp"

namespace reeve::executors::protocol {

[[nodiscard]] std::string task_order(const Execution& execution);
[[nodiscard]] std::string cancel_notice(Addressee to, StopReason reason, std::chrono::milliseconds grace);
[[nodiscard]] std::string shutdown_notice(std::chrono::milliseconds grace);
// `id`: the JSON bytes of the question's; empty: the answer goes a way of its own and names none. `stop`: why whoever asked is to end.
[[nodiscard]] std::string answer_line(const std::string& id, const Answer& answer, std::optional<StopReason> stop = std::nullopt);

}  // namespace reeve::executors::protocol

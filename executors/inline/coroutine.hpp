// A registered coroutine on the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "executors/make.hpp"

namespace reeve::executors::in_daemon {

// Returns when the coroutine has. A stop cancels what it awaits (terminal cancellation), and whatever it awaits afterwards, too. Everything must
// outlive it.
[[nodiscard]] boost::asio::awaitable<End> run_coroutine(boost::asio::any_io_executor loop, const CoroutineHandler& handler, const Execution& execution,
                                                        Observer& observer, Brake& brake);

}  // namespace reeve::executors::in_daemon

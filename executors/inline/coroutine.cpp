#include "executors/inline/coroutine.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <tuple>
#include <utility>

#include "executors/function_end.hpp"

namespace reeve::executors::in_daemon {
namespace {

namespace asio = boost::asio;

// The coroutine is on the loop already: what it says is heard at once.
class Context final : public FunctionContext {
 public:
  Context(const Execution& execution, Observer& observer, const Brake& brake) : execution_(execution), observer_(observer), brake_(brake) {}

  [[nodiscard]] const Execution& execution() const override { return execution_; }
  [[nodiscard]] bool stop_requested() const override { return brake_.reason().has_value(); }
  void progress(ProgressReport report) override { observer_.progress(checked(std::move(report))); }
  void log(std::string level, std::string message) override { observer_.output(log_entry(std::move(level), message)); }
  void beat() override { observer_.alive(); }

 private:
  const Execution& execution_;
  Observer& observer_;
  const Brake& brake_;
};

// Throws nothing, and forgets a stop before it returns: what Asio awaits to hand the end over would otherwise throw into the loop.
asio::awaitable<End> call(const CoroutineHandler& handler, FunctionContext& context) {
  End end;
  try {
    end = co_await handler.call(context);
    end = checked(std::move(end));
  } catch (...) {
    end = end_of(std::current_exception());
  }
  co_await asio::this_coro::reset_cancellation_state();
  co_return end;
}

}  // namespace

asio::awaitable<End> run_coroutine(asio::any_io_executor loop, const CoroutineHandler& handler, const Execution& execution, Observer& observer,
                                   Brake& brake) {
  Context context(execution, observer, brake);
  asio::cancellation_signal signal;
  brake.listen([&signal] { signal.emit(asio::cancellation_type::terminal); });
  auto token = asio::bind_cancellation_slot(signal.slot(), asio::as_tuple(asio::use_awaitable));
  auto ended = co_await asio::co_spawn(loop, call(handler, context), std::move(token));
  brake.listen({});
  const std::exception_ptr problem = std::get<0>(ended);
  End end = problem ? end_of(problem) : std::get<1>(std::move(ended));
  co_return under_stop(std::move(end), brake.reason());
}

}  // namespace reeve::executors::in_daemon

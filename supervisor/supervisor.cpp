#include "supervisor/supervisor.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "supervisor/shell.hpp"

namespace reeve::supervisor {

namespace asio = boost::asio;
using store::ClaimKey;

Supervisor::Supervisor(Parts parts, Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_task_output,
                       store::RetentionPolicy retention)
    : shell_(std::make_unique<Shell>(std::move(parts), std::move(options), std::move(handlers), forward_task_output, retention)) {}
Supervisor::~Supervisor() = default;

asio::awaitable<void> Supervisor::run(store::RunnerIdentity identity, std::function<void()> ready) {
  return shell_->run(std::move(identity), std::move(ready));
}
void Supervisor::work_arrived() {
  shell_->something_changed();
  shell_->on([](Core& core, Now at) { core.work_arrived(at); });
}
void Supervisor::work_is_coming() {
  asio::post(shell_->loop(), [this] { work_arrived(); });
}
void Supervisor::room_changed() { shell_->room_changed(); }
void Supervisor::pool_changed(const executors::PoolStatus& pool) { shell_->log_pool(pool); }
void Supervisor::cancel(ClaimKey claim) {
  shell_->on([claim](Core& core, Now at) { core.cancel(claim, at); });
}
bool Supervisor::hear(const std::string& token, std::string_view line, std::function<void(std::string)> reply) {
  return shell_->hear(token, line, std::move(reply));
}
void Supervisor::drain() {
  shell_->on([](Core& core, Now at) { core.drain(at); });
}
void Supervisor::resume() {
  shell_->on([](Core& core, Now at) { core.resume(at); });
}
void Supervisor::shut_down() {
  shell_->on([](Core& core, Now at) { core.shut_down(at); });
}
void Supervisor::reload(Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_task_output,
                        store::RetentionPolicy retention) {
  shell_->reload(std::move(options), std::move(handlers), forward_task_output, retention);
}
const std::shared_ptr<const handlers::Handlers>& Supervisor::handlers() const { return shell_->core().handlers(); }
const store::RetentionPolicy& Supervisor::retention() const { return shell_->retention(); }
ScheduleKeeper& Supervisor::schedules() { return shell_->schedules(); }
Overview Supervisor::overview() const { return shell_->overview(); }
void Supervisor::when_idle(std::function<void()> on_idle) { shell_->when_idle(std::move(on_idle)); }

}  // namespace reeve::supervisor

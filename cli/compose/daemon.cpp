#include "cli/compose/daemon.hpp"

#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "api/child_task.hpp"
#include "api/door_task.hpp"
#include "api/schedule_request.hpp"
#include "cli/compose/daemon_life.hpp"
#include "cli/compose/descriptor_budget.hpp"
#include "cli/compose/store_exit.hpp"
#include "executors/scoreboard/layout.hpp"
#include "store/open.hpp"

namespace reeve::cli::compose {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::chrono::seconds fail_stop_limit{5};  // for attempts to be stopped after the store has failed

std::unique_ptr<supervisor::Log> make_log_for(const config::Configuration& configuration, bool is_service) {
  return is_service ? supervisor::make_log(configuration.log) : supervisor::make_silent_log();
}

// Makes the folder of `file` for this user alone; an existing one stays as it is.
void make_folder_of(const std::string& file, mode_t mode) {
  const fs::path folder = fs::path(file).parent_path();
  if (folder.empty() || fs::exists(folder)) return;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path());
  mkdir(folder.c_str(), mode);  // a folder that could not be made is named by whoever needs it
}

// Payload files are kept beside the store: private, and on a disk rather than in memory.
std::string attempt_folder(const config::Configuration& configuration, const std::string& store_id) {
  const std::string& url = configuration.store.url;
  const bool on_disk = url.starts_with("sqlite:");
  const fs::path beside = on_disk ? fs::path(url.substr(7)) : fs::path(configuration.api.socket);
  return (beside.parent_path() / ("attempts-" + store_id)).string();
}

}  // namespace

std::shared_ptr<const handlers::Handlers> handlers_of(const config::Configuration& configuration) {
  return std::make_shared<const handlers::Handlers>(configuration.handlers, configuration.queues, configuration.schedules);
}

std::string text_of(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& error) {
    return error.what();
  }
}

// ------------------------------------------------------------------------------------------------------------------ start

int Daemon::Life::run() {
  if (options_.is_service) {
    manager_.emplace();
    // From here on a signal waits for the loop: one that comes during the start ends the daemon in good order too.
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
  }
  std::signal(SIGPIPE, SIG_IGN);
  try {
    open();
    start();
  } catch (const store::StoreError& error) {
    fail(exit_code_of(error.kind()), error.what());
    return code_;
  }
  if (code_ != ExitCode::ok) return code_;
  loop_.run();
  end();
  return code_;
}

void Daemon::Life::open() {
  log_ = make_log_for(configuration(), options_.is_service);
  for (const std::string& warning : settings_.warnings) log_->warn("config.warning", {{"message", warning}});
  stay_within_descriptors(settings_.configuration);
  open_store();
  make_folder_of(socket(), around_.root ? 0755 : 0700);
  compose();
  bind();
}

// More bodies or connections than there are descriptors for would fail one by one; so fewer are begun.
void Daemon::Life::stay_within_descriptors(config::Configuration& wanted) {
  const DescriptorBudget budget = share_out(descriptor_limit(), wanted.supervisor.concurrency, wanted.api.connections_max);
  if (budget.attempts < wanted.supervisor.concurrency || budget.connections < wanted.api.connections_max)
    log_->warn("limits.descriptors", {{"open_files", static_cast<std::int64_t>(descriptor_limit())},
                                      {"concurrency", budget.attempts},
                                      {"connections", budget.connections},
                                      {"message", "the limit of open files (RLIMIT_NOFILE) allows fewer than configured; raise LimitNOFILE or ulimit -n"}});
  wanted.supervisor.concurrency = budget.attempts;
  wanted.api.connections_max = budget.connections;
}

void Daemon::Life::open_store() {
  auto store = store::open(configuration().store);
  auto reader = store->open_reader();
  open_door(*store);
  feed_ = std::make_unique<supervisor::EventFeed>(loop_.get_executor(), store->last_event());
  store_ = std::make_unique<supervisor::StoreThread>(
      loop_.get_executor(), std::move(store), supervisor::StoreThread::Options{}, [this](store::Cursor last) { feed_->announce(last); },
      [this](const store::StoreError& error) { store_failed(error); });
  reader_ = std::make_unique<supervisor::ReaderThread>(loop_.get_executor(), std::move(reader));
}

// A guest serves one command; what lies in the inbox is left to a daemon that stays.
void Daemon::Life::open_door(store::Store& store) {
  constexpr int before_serving = 10'000;  // further rows are taken in while it serves
  if (!options_.is_service || !configuration().store.inbox) return;
  peephole_ = store.open_peephole();
  if (!peephole_) return;
  try {
    supervisor::take_what_lies_there(store, judge(handlers_of(configuration())), clock_, *log_, before_serving);
  } catch (const store::StoreError& error) {
    if (error.fatal()) throw;
    log_->warn("inbox.not_taken", {{"error", error.what()}});
  } catch (const std::exception& error) {
    log_->warn("inbox.not_taken", {{"error", error.what()}});
  }
}

supervisor::Judge Daemon::Life::judge(std::shared_ptr<const handlers::Handlers> handlers) const {
  const auto commands = configuration().supervisor.ad_hoc_commands ? api::RowCommands::allowed : api::RowCommands::refused;
  return [handlers = std::move(handlers), commands](const store::DoorRow& row, store::Timestamp now) { return api::admit_row(*handlers, row, commands, now); };
}

void Daemon::Life::compose() {
  const std::string store_id = id_of_store(configuration().store.url);
  const executors::Options bodies{.incarnation = incarnation_,
                                  .store_id = store_id,
                                  .socket = socket(),
                                  .attempt_dir = attempt_folder(configuration(), store_id),
                                  .slots = configuration().supervisor.concurrency,
                                  .scoreboard = executors::scoreboard::board_of(socket()),
                                  .threads = configuration().supervisor.threads,
                                  .room_changed = [this] {
                                    if (supervisor_) supervisor_->room_changed();
                                  },
                                  .pool_changed = [this](const executors::PoolStatus& pool) {
                                    if (supervisor_) supervisor_->pool_changed(pool);
                                  }};
  executors_ = executors::make(loop_.get_executor(), bodies);
  for (const executors::Feature& feature : executors_->features())
    if (feature.name == "scoreboard" && !feature.available) log_->warn("scoreboard.missing", {{"message", feature.detail}});
  supervisor::Supervisor::Parts parts{.loop = loop_.get_executor(),
                                      .store = *store_,
                                      .executors = *executors_,
                                      .clock = clock_,
                                      .log = *log_,
                                      .dice = [this] { return std::uniform_real_distribution<double>(0, 1)(chance_); },
                                      .reader = *reader_,
                                      .admit_child = [this](std::string_view json, store::TaskId parent) {
                                        return api::admit_child(*supervisor_->handlers(), json, parent, clock_.now());
                                      },
                                      .read_schedule = api::read_schedule};
  supervisor_ = std::make_unique<supervisor::Supervisor>(std::move(parts), configuration().supervisor, handlers_of(configuration()),
                                                         configuration().log.task_output, configuration().retention);
  supervisor::Door::Parts door_parts{.loop = loop_.get_executor(),
                                     .store = *store_,
                                     .supervisor = *supervisor_,
                                     .clock = clock_,
                                     .log = *log_,
                                     .judge = [this] { return judge(supervisor_->handlers()); }};
  supervisor::Door::Options doors{.inbox = configuration().store.inbox, .poll = configuration().store.inbox_poll, .outboxes = {}};
  if (options_.is_service) doors.outboxes = configuration().outboxes;
  door_ = std::make_unique<supervisor::Door>(std::move(door_parts), std::move(doors), std::move(peephole_));
  server_ = std::make_unique<api::Server>(api::Backend{.loop = loop_.get_executor(),
                                                       .store = *store_,
                                                       .reader = *reader_,
                                                       .supervisor = *supervisor_,
                                                       .feed = *feed_,
                                                       .exchange = executors_->exchange(),
                                                       .clock = clock_,
                                                       .log = *log_,
                                                       .version = REEVE_VERSION,
                                                       .reload = [this](const std::string& actor) { return reload(actor); },
                                                       .shut_down = [this] { shut_down("asked to over the API"); },
                                                       .features = executors_->features(),
                                                       .ad_hoc_commands = configuration().supervisor.ad_hoc_commands,
                                                       .config = this,
                                                       .door = [this] { return door_->status(); },
                                                       .ring = [this] { door_->ring(); }},
                                          configuration().api);
}

void Daemon::Life::bind() {
  try {
    server_->bind();
  } catch (const std::exception& error) {
    fail(ExitCode::no_socket, error.what());
  }
}

void Daemon::Life::start() {
  if (code_ != ExitCode::ok) return;
  if (options_.is_service) listen_for_signals();
  if (options_.until_idle) supervisor_->when_idle([this] { shut_down_from_anywhere(); });
  if (manager_) watchdog_.emplace(loop_.get_executor(), *manager_, *store_);
  asio::co_spawn(loop_, server_->run(), [this](const std::exception_ptr& failed) { server_ended(failed); });
  asio::co_spawn(loop_, supervisor_->run(make_identity(configuration().supervisor.name, incarnation_), [this] { ready(); }),
                 [this](const std::exception_ptr& failed) { supervisor_ended(failed); });
}

void Daemon::Life::ready() {
  if (is_shutting_down_) return;
  door_->open();
  const auto kinds = static_cast<std::int64_t>(configuration().handlers.size());
  log_->info("daemon.ready", {{"version", REEVE_VERSION},
                              {"socket", socket()},
                              {"store", configuration().store.url},
                              {"config", settings_.file},
                              {"handlers", kinds}});
  if (manager_) manager_->ready("serving on " + socket());
  if (watchdog_) watchdog_->start();
  if (options_.is_service) record_revision("start", "start");
  if (options_.on_ready) options_.on_ready();
}

// ---------------------------------------------------------------------------------------------------------------- signals

void Daemon::Life::listen_for_signals() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    on_signal(number);
    listen_for_signals();
  });
}

void Daemon::Life::on_signal(int number) {
  if (number != SIGHUP) return shut_down(number == SIGTERM ? "SIGTERM" : "SIGINT");
  log_->reopen();
  reload("signal");
}

// -------------------------------------------------------------------------------------------------------------------- end

void Daemon::Life::shut_down(const std::string& why) {
  log_->info(is_shutting_down_ ? "daemon.hurrying" : "daemon.stopping", {{"why", why}});
  is_shutting_down_ = true;
  door_->close();
  if (manager_) manager_->stopping("ending the running attempts");
  supervisor_->shut_down();
}

void Daemon::Life::store_failed(const store::StoreError& error) {
  fail(exit_code_of(error.kind()), error.what());
  door_->close();
  is_shutting_down_ = true;
  if (manager_) manager_->stopping(std::string("the store failed: ") + error.what());
  // Nothing can be recorded any more: attempts are interrupted at once, and what does not end is left to the next incarnation.
  supervisor_->shut_down();
  supervisor_->shut_down();
  timer_.expires_after(fail_stop_limit);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) std::_Exit(code_);
  });
}

void Daemon::Life::fail(int code, std::string why) {
  if (code_ != ExitCode::ok) return;  // the first reason is the cause
  code_ = code;
  trouble_ = std::move(why);
  if (log_) log_->error("daemon.failed", {{"message", trouble_}, {"exit_code", code}});
}

void Daemon::Life::supervisor_ended(const std::exception_ptr& failed) {
  if (failed) fail(ExitCode::internal, text_of(failed));
  supervisor_has_ended_ = true;
  if (server_has_ended_) return loop_.stop();
  feed_->close();
  server_->stop();
}

void Daemon::Life::server_ended(const std::exception_ptr& failed) {
  if (failed) fail(ExitCode::internal, text_of(failed));
  server_has_ended_ = true;
  if (supervisor_has_ended_) return loop_.stop();
  shut_down("the API has ended");
}

void Daemon::Life::end() {
  if (watchdog_) watchdog_->stop();
  signals_.cancel();
  timer_.cancel();
  store_->stop();
  reader_->stop();
  // Whoever still waited for the two threads is resumed before anything they refer to goes.
  loop_.restart();
  loop_.poll();
  log_->info("daemon.stopped", {{"exit_code", code_}});
}

// ----------------------------------------------------------------------------------------------------------------- facade

Daemon::Daemon(Choices choices, Surroundings around, ServeOptions options)
    : life_(std::make_unique<Life>(std::move(choices), std::move(around), std::move(options))) {}
Daemon::~Daemon() = default;
const std::string& Daemon::socket() const { return life_->socket(); }
int Daemon::run() { return life_->run(); }
void Daemon::shut_down() { life_->shut_down_from_anywhere(); }
const std::string& Daemon::trouble() const { return life_->trouble(); }

}  // namespace reeve::cli::compose

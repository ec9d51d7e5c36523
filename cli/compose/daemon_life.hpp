// The life of one daemon, from an open store to the last attempt's end: daemon.cpp; and what it does about its configuration:
// daemon_configuration.cpp.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "api/config_control.hpp"
#include "api/server.hpp"
#include "cli/compose/daemon.hpp"
#include "cli/compose/digest.hpp"
#include "cli/compose/identity.hpp"
#include "cli/compose/notify.hpp"
#include "cli/compose/settings.hpp"
#include "cli/compose/watchdog.hpp"
#include "cli/exit_code.hpp"
#include "executors/make.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/door.hpp"
#include "supervisor/event_feed.hpp"
#include "supervisor/log.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::cli::compose {

class Daemon::Life final : public api::ConfigControl {
 public:
  Life(Choices choices, Surroundings around, ServeOptions options)
      : choices_(std::move(choices)), around_(std::move(around)), options_(std::move(options)), settings_(load_settings(choices_, around_)) {}

  int run();
  void shut_down_from_anywhere() {
    boost::asio::post(loop_, [this] { shut_down("asked to"); });
  }
  [[nodiscard]] const std::string& socket() const { return settings_.configuration.api.socket; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

  [[nodiscard]] api::ConfigReview review(const std::optional<std::string>& text) override;
  [[nodiscard]] api::ConfigChanges changes_between(const std::string& before, const std::string& after) override;
  [[nodiscard]] std::string file() const override { return settings_.file; }
  [[nodiscard]] std::string hash_of_file() override;
  [[nodiscard]] std::string hash_in_force() const override { return digest_of(settings_.sources); }

 private:
  void open();
  void stay_within_descriptors(config::Configuration& wanted);
  void open_store();
  void open_door(store::Store& store);
  [[nodiscard]] supervisor::Judge judge(std::shared_ptr<const handlers::Handlers> handlers) const;
  void compose();
  void bind();
  void start();
  void listen_for_signals();
  void ready();
  void shut_down(const std::string& why);
  void supervisor_ended(const std::exception_ptr& failed);
  void server_ended(const std::exception_ptr& failed);
  void store_failed(const store::StoreError& error);
  void fail(int code, std::string why);
  void end();
  api::ReloadAnswer reload(const std::string& actor);
  [[nodiscard]] Settings settings_of(const std::optional<std::string>& text) const;
  void record_revision(const std::string& source, const std::string& actor);
  api::ReloadAnswer put_in_force(Settings fresh);
  void on_signal(int number);
  [[nodiscard]] const config::Configuration& configuration() const { return settings_.configuration; }

  Choices choices_;
  Surroundings around_;
  ServeOptions options_;
  Settings settings_;
  const config::Bundle begun_with_ = settings_.sources;
  std::optional<ServiceManager> manager_{};
  int code_ = ExitCode::ok;
  std::string trouble_{};
  bool is_shutting_down_ = false;
  bool supervisor_has_ended_ = false;
  bool server_has_ended_ = false;
  std::mt19937_64 chance_{std::random_device{}()};
  std::string incarnation_ = make_incarnation();

  // In the order in which they need each other; destroyed the other way round.
  boost::asio::io_context loop_{1};
  supervisor::SystemClock clock_{};
  std::unique_ptr<supervisor::Log> log_{};
  std::unique_ptr<supervisor::EventFeed> feed_{};
  std::unique_ptr<store::Peephole> peephole_{};
  std::unique_ptr<supervisor::StoreThread> store_{};
  std::unique_ptr<supervisor::ReaderThread> reader_{};
  std::unique_ptr<executors::Executors> executors_{};
  std::unique_ptr<supervisor::Supervisor> supervisor_{};
  std::unique_ptr<supervisor::Door> door_{};
  std::unique_ptr<api::Server> server_{};
  std::optional<Watchdog> watchdog_{};
  boost::asio::signal_set signals_{loop_};
  boost::asio::steady_timer timer_{loop_};  // bounds a fail-stop
};

[[nodiscard]] std::shared_ptr<const handlers::Handlers> handlers_of(const config::Configuration& configuration);
[[nodiscard]] std::string text_of(const std::exception_ptr& failed);

}  // namespace reeve::cli::compose

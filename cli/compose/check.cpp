#include "cli/compose/check.hpp"

#include <utility>

#include "cli/compose/settings.hpp"

namespace reeve::cli::compose {
namespace {

std::vector<CheckedFinding> checked(const std::vector<config::Finding>& findings) {
  std::vector<CheckedFinding> all{};
  for (const config::Finding& finding : findings)
    all.push_back({finding.file, finding.line, finding.column, finding.path, finding.message, config::to_text(finding)});
  return all;
}

std::string what_it_runs(const handlers::Handler& handler) {
  if (handler.builtin) return handler.builtin->name;
  if (!handler.process) return {};
  std::string words{};
  for (const std::string& word : handler.process->command) words += (words.empty() ? "" : " ") + word;
  return words;
}

std::string limits_of(const handlers::Handler& handler) {
  std::string limits{};
  if (handler.concurrency) limits += std::to_string(*handler.concurrency) + " at once, ";
  if (handler.timeout) limits += "timeout " + store::to_text(*handler.timeout) + ", ";
  if (handler.watchdog) limits += "watchdog " + store::to_text(*handler.watchdog) + ", ";
  return limits + std::to_string(handler.retry.attempts) + " attempts";
}

}  // namespace

CheckReport check(const Choices& choices, const Surroundings& around) {
  CheckReport report{};
  report.file = config_file(choices, around);
  config::Loaded loaded{};
  if (report.file.empty()) loaded.configuration = config::defaults();
  else loaded = config::load(report.file, around.environment);
  const config::Configuration& configuration = loaded.configuration;
  report.errors = checked(loaded.errors);
  report.warnings = checked(loaded.warnings);
  report.files = configuration.files;
  if (!report.errors.empty()) return report;
  report.socket = configuration.api.socket.empty() ? default_socket(around) : configuration.api.socket;
  report.store = configuration.store.url.empty() ? "sqlite:" + default_store(around) : configuration.store.url;
  for (const handlers::Handler& handler : configuration.handlers)
    report.handlers.push_back({handler.kind, handler.executor, handler.queue, what_it_runs(handler), limits_of(handler)});
  return report;
}

}  // namespace reeve::cli::compose

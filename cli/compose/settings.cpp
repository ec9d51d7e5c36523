#include "cli/compose/settings.hpp"

#include <utility>

namespace reeve::cli::compose {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text{};
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

void fill_in(config::Configuration& configuration, const Choices& choices, const Surroundings& around) {
  const auto chosen = around.environment("REEVE_SOCKET");
  if (!choices.socket.empty()) configuration.api.socket = choices.socket;
  else if (chosen && !chosen->empty()) configuration.api.socket = *chosen;
  else if (configuration.api.socket.empty()) configuration.api.socket = default_socket(around);
  if (configuration.store.url.empty()) configuration.store.url = "sqlite:" + default_store(around);
}

}  // namespace

BadConfiguration::BadConfiguration(const std::vector<std::string>& errors) : std::runtime_error(joined(errors)), errors_(errors) {}

std::vector<std::string> texts_of(const std::vector<config::Finding>& findings) {
  std::vector<std::string> texts{};
  for (const config::Finding& finding : findings) texts.push_back(config::to_text(finding));
  return texts;
}

namespace {

void take(Settings& settings, config::Loaded loaded) {
  if (!loaded.errors.empty()) throw BadConfiguration(texts_of(loaded.errors));
  settings.configuration = std::move(loaded.configuration);
  settings.warnings = texts_of(loaded.warnings);
  settings.sources = std::move(loaded.sources);
}

}  // namespace

Settings load_settings(const Choices& choices, const Surroundings& around) {
  Settings settings{};
  settings.file = config_file(choices, around);
  if (settings.file.empty()) settings.configuration = config::defaults();
  else take(settings, config::load(settings.file, around.environment));
  fill_in(settings.configuration, choices, around);
  return settings;
}

Settings settings_from(const config::Bundle& bundle, const Choices& choices, const Surroundings& around) {
  Settings settings{};
  settings.file = config_file(choices, around);
  take(settings, config::load_bundle(bundle, around.environment));
  fill_in(settings.configuration, choices, around);
  return settings;
}

}  // namespace reeve::cli::compose

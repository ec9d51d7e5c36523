#include "cli/compose/check.hpp"

#include "config/check_report.hpp"
#include "config/configuration.hpp"
#include "supervisor/clock.hpp"

namespace reeve::cli::compose {

CheckReport check(const Choices& choices, const Surroundings& around) {
  const std::string file = config_file(choices, around);
  config::Loaded loaded{};
  if (file.empty()) loaded.configuration = config::defaults();
  else loaded = config::load(file, around.environment);
  const config::Report report = config::make_report(loaded, supervisor::SystemClock{}.now());
  return {report.ok, config::to_text(report), config::to_json(report)};
}

}  // namespace reeve::cli::compose

#include "cli/compose/gather.hpp"

#include <filesystem>

#include "cli/compose/settings.hpp"
#include "config/configuration.hpp"

namespace reeve::cli::compose {

std::string gather(const std::string& file, const Surroundings& around) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(file, error);
  const config::Loaded loaded = config::load(error ? file : absolute.lexically_normal().string(), around.environment);
  if (loaded.sources.empty()) throw BadConfiguration(texts_of(loaded.errors));
  return config::to_json(loaded.sources);
}

}  // namespace reeve::cli::compose

#include "config/reading.hpp"

#include <filesystem>

#include "config/bytes.hpp"

namespace reeve::config {

void Reading::error(Place place, std::string message) { loaded_.errors.push_back({file_, place.line, place.column, path_, std::move(message)}); }

void Reading::warn(Place place, std::string message) { loaded_.warnings.push_back({file_, place.line, place.column, path_, std::move(message)}); }

std::string Reading::at(Place place) const { return file_ + ":" + std::to_string(place.line) + ":" + std::to_string(place.column); }

std::string Reading::resolved(const std::string& path) const {
  if (path.starts_with('/') || folder_.empty()) return path;
  return (std::filesystem::path{folder_} / path).lexically_normal().string();
}

Reading::Step::Step(Reading& reading, std::string_view key) : reading_(reading), length_(reading.path_.size()) {
  if (length_ > 0 && !key.starts_with('[')) reading_.path_ += '.';
  reading_.path_ += shown(key);
}

}  // namespace reeve::config

#include "config/sources.hpp"

#include <algorithm>

namespace reeve::config {

std::variant<SourceText, SourceFault> Sources::read(Role role, const std::string& path, std::size_t bytes_max) {
  if (!given_) {
    auto source = read_source(path, bytes_max);
    if (const auto* text = std::get_if<SourceText>(&source)) keep(role, path, text->bytes);
    return source;
  }
  for (const BundledFile& file : *given_) {
    if (file.role != role || file.name != path) continue;
    if (file.text.size() > bytes_max) return SourceFault{"is larger than the " + std::to_string(bytes_max) + " bytes that are read"};
    keep(role, path, file.text);
    return SourceText{file.text, 0600};
  }
  return SourceFault{"is not among the files that were handed over"};
}

void Sources::keep(Role role, const std::string& path, std::string_view text) {
  const auto same = [&](const BundledFile& file) { return file.role == role && file.name == path; };
  if (std::none_of(taken_.begin(), taken_.end(), same)) taken_.push_back({role, path, std::string(text)});
}

Included Sources::included(const std::string& folder, const std::string& pattern) const {
  if (!given_) return included_files(folder, pattern);
  Included included;
  for (const BundledFile& file : *given_)
    if (file.role == Role::include) included.files.push_back(file.name);
  return included;
}

}  // namespace reeve::config

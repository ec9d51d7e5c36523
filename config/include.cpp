#include "config/include.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

namespace reeve::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t entries_max = 10'000;  // of the folder, so that a wrong path does not make reeve walk a mail spool

Included matching(const fs::path& folder, const std::string& pattern) {
  Included included;
  std::error_code error;
  std::size_t seen = 0;
  for (fs::directory_iterator at{folder, error}; !error && at != fs::directory_iterator{}; at.increment(error)) {
    if (++seen > entries_max) return {{}, "the folder " + folder.string() + " has more than 10000 entries; name another"};
    const std::string name = at->path().filename().string();
    if (::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0) included.files.push_back(at->path().string());
  }
  if (error && error != std::errc::no_such_file_or_directory) included.fault = "the folder " + folder.string() + " cannot be read: " + error.message();
  std::sort(included.files.begin(), included.files.end());
  return included;
}

}  // namespace

bool is_pattern(const std::string& text) { return text.find_first_of("*?[") != std::string::npos; }

Included included_files(const std::string& folder, const std::string& pattern) {
  const fs::path whole = fs::path{folder} / pattern;
  if (!is_pattern(pattern)) return {{whole.string()}, {}};
  if (is_pattern(fs::path{pattern}.parent_path().string())) return {{}, "only the last part of the path may be a pattern; write handlers.d/*.yaml"};
  const fs::path parent = whole.parent_path();
  return matching(parent.empty() ? fs::path{"."} : parent, whole.filename().string());
}

}  // namespace reeve::config

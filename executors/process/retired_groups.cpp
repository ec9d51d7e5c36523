#include "executors/process/retired_groups.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace reeve::executors::process {

void RetiredGroups::add(std::string folder) {
  folders_.push_back(std::move(folder));
  remove();
}

void RetiredGroups::remove() {
  std::erase_if(folders_, [](const std::string& folder) { return ::rmdir(folder.c_str()) == 0 || errno == ENOENT; });
}

void RetiredGroups::remove_all() {
  for (int tries = 0; !folders_.empty() && tries < 50; ++tries) {
    remove();
    if (!folders_.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace reeve::executors::process

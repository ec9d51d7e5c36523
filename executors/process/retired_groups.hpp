// Cgroups that nobody needs any more: to be removed, but the kernel refuses while the last process is still on its way out.
#pragma once

#include <string>
#include <vector>

namespace reeve::executors::process {

class RetiredGroups {
 public:
  void add(std::string folder);   // removes what can be removed now
  // At the end: waits a little for the last processes. What cannot be removed is empty and is removed by the next incarnation.
  void remove_all();

 private:
  void remove();

  std::vector<std::string> folders_{};
};

}  // namespace reeve::executors::process

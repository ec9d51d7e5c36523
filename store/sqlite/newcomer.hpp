// A file that came from elsewhere or from earlier becomes a store that may be worked on: nothing runs in it, no attempt of the time before can
// write to it, and its numbers go on above those of the store whose place it takes.
#pragma once

#include <string>

#include "store/file.hpp"

namespace reeve::store::sqlite {

struct Numbers {
  std::int64_t task = 0;
  std::int64_t event = 0;
  std::int64_t signal = 0;
  std::int64_t batch = 0;
};
// Of a file that nobody writes to; zeros when it cannot be read.
[[nodiscard]] Numbers numbers_of(const std::string& path);

// `file` is complete, ours, and opened by nobody. `event` is appended with what became of the tasks that ran. Afterwards it is one file
// without a log. Throws StoreError corrupt when the result is not sound.
void make_ready(const std::string& file, const Options& options, std::string_view event, const Numbers& at_least, Timestamp now, Arrival& arrival);

}  // namespace reeve::store::sqlite

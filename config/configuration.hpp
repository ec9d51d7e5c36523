// The whole configuration as a value: the Options structs of each folder, filled from YAML.
//
// Only the composition root and tests include config/. Nothing in config/ opens a store, a socket or a log.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/options.hpp"
#include "config/bundle.hpp"
#include "handlers/handler.hpp"
#include "store/open.hpp"
#include "supervisor/log_options.hpp"
#include "supervisor/options.hpp"

namespace reeve::config {

struct Configuration {
  store::Options store{};
  store::RetentionPolicy retention{};
  supervisor::Options supervisor{};
  supervisor::LogOptions log{};
  api::Options api{};
  std::vector<std::string> outboxes{};      // database files of applications; absolute
  std::vector<handlers::Queue> queues{};
  std::vector<handlers::Handler> handlers{};
  handlers::Schedules schedules{};
  std::vector<std::string> files{};         // every file read, in order
};

// One thing that is wrong, or that deserves a look.
struct Finding {
  std::string file{};
  int line = 0;                             // 1-based; 0: the file as a whole
  int column = 0;
  std::string path{};                       // "handlers.report.timeout"
  std::string message{};                    // what is wrong, what was found, what to write
};
// "reeve.yaml:14:14: handlers.report.timeout: \"5x\" is not a duration; write 30s, 5m or 2h"
[[nodiscard]] std::string to_text(const Finding& finding);

struct Loaded {
  Configuration configuration{};            // meaningful only when `errors` is empty
  std::vector<Finding> errors{};            // all of them, in the order of the text
  std::vector<Finding> warnings{};          // no timeout, no limit, ...
  Bundle sources{};                         // every text that was read, faulty ones too
};

// Where ${NAME} references are looked up; the process environment in the daemon.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

// Reads a file and what it includes. A file that cannot be read is an error in the result, never an exception.
[[nodiscard]] Loaded load(const std::string& path, const Environment& environment);

// Reads text as if it were the file `name`; includes are resolved against the folder of `name`.
[[nodiscard]] Loaded parse(std::string_view text, const std::string& name, const Environment& environment);

// Loads what was read once, without looking at the disk again (but for secrets, which are read anew).
[[nodiscard]] Loaded load_bundle(const Bundle& bundle, const Environment& environment);

// No file at all: the defaults.
[[nodiscard]] Configuration defaults();

}  // namespace reeve::config

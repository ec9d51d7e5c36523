// What the routes about the configuration can do. The composition root implements it: the API knows no YAML. Loop thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::api {

struct ConfigChange {
  std::string path{};                        // "handlers.mail.timeout"
  std::string handler{};                     // the kind, when it is a key of a handler
  std::optional<std::string> before{};       // JSON; absent: the key was not there
  std::optional<std::string> after{};
  bool restart = false;                      // takes a restart of the daemon
};

struct ConfigChanges {
  std::vector<ConfigChange> changes{};
  std::vector<std::string> added{};          // kinds
  std::vector<std::string> removed{};
  std::vector<std::string> changed{};
};

// A configuration that was looked at. Nothing is in force before enforce() is called.
struct ConfigReview {
  std::vector<std::string> errors{};         // "reeve.yaml:14:14: ..."; empty: it can be put in force
  std::vector<std::string> warnings{};
  ConfigChanges against_present{};
  std::string text{};                        // all its files, as a revision keeps them
  std::string hash{};
  std::function<std::vector<std::string>()> enforce{};   // puts it in force; gives the warnings that come of it
};

class ConfigControl {
 public:
  virtual ~ConfigControl() = default;
  // `text`: as in ConfigReview; nullopt: the daemon's own file as it is now. A text that is none is an error of the review.
  [[nodiscard]] virtual ConfigReview review(const std::optional<std::string>& text) = 0;
  [[nodiscard]] virtual ConfigChanges changes_between(const std::string& before, const std::string& after) = 0;
  // The daemon's own file; empty when it was started without one.
  [[nodiscard]] virtual std::string file() const = 0;
  // Of the files on disk now; empty when they cannot be read.
  [[nodiscard]] virtual std::string hash_of_file() = 0;
  // Of what is in force.
  [[nodiscard]] virtual std::string hash_in_force() const = 0;
};

}  // namespace reeve::api

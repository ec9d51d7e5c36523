// What a verb accepts on the command line. A verb declares it once; a parser and the completion script are made from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace reeve::cli {

// `names` is "-n,--lines". The variables are filled when the verb is parsed and must live as long as the verb.
class Grammar {
 public:
  virtual ~Grammar() = default;

  virtual void flag(const std::string& names, bool& into, const std::string& help) = 0;
  // Takes one text. `metavar` is what help shows for it.
  virtual void option(const std::string& names, std::optional<std::string>& into, const std::string& metavar, const std::string& help) = 0;
  virtual void option(const std::string& names, std::optional<int>& into, const std::string& metavar, const std::string& help) = 0;
  // May be given again and again.
  virtual void option(const std::string& names, std::vector<std::string>& into, const std::string& metavar, const std::string& help) = 0;

  // Arguments by place.
  virtual void required(const std::string& name, std::string& into, const std::string& help) = 0;
  virtual void optional(const std::string& name, std::optional<std::string>& into, const std::string& help) = 0;
  virtual void rest(const std::string& name, std::vector<std::string>& into, const std::string& help) = 0;
  // Everything after `--`, untouched.
  virtual void after_dashes(const std::string& name, std::vector<std::string>& into) = 0;
};

}  // namespace reeve::cli

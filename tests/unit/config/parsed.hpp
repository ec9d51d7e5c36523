// Reading configuration texts in tests.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdlib.h>
#include <string>

#include "config/configuration.hpp"

namespace reeve::config::test {

inline std::optional<std::string> no_variables(const std::string&) { return std::nullopt; }

inline Environment variables(std::map<std::string, std::string> all) {
  return [all = std::move(all)](const std::string& name) -> std::optional<std::string> {
    const auto at = all.find(name);
    if (at == all.end()) return std::nullopt;
    return at->second;
  };
}

inline Loaded read(std::string_view text, const Environment& environment = no_variables) { return parse(text, "/etc/reeve/reeve.yaml", environment); }

// One finding a line.
inline std::string text_of(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) out += to_text(finding) + "\n";
  return out;
}

inline std::string errors_of(std::string_view text) { return text_of(read(text).errors); }

// Handlers around the text of one; `body` is indented by four.
inline std::string handler(const std::string& body) { return "handlers:\n  h:\n" + body; }

inline std::string errors_in(const std::string& body) { return errors_of(handler(body)); }

inline handlers::Handler handler_of(const std::string& body) {
  const Loaded loaded = read(handler(body));
  INFO(body);
  REQUIRE(text_of(loaded.errors) == "");
  return loaded.configuration.handlers.at(0);
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "reeve-config-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& content, unsigned mode = 0600) const {
    const std::string whole = path(name);
    std::filesystem::create_directories(std::filesystem::path{whole}.parent_path());
    std::ofstream{whole, std::ios::binary} << content;
    std::filesystem::permissions(whole, static_cast<std::filesystem::perms>(mode));
    return whole;
  }

 private:
  std::string path_;
};

}  // namespace reeve::config::test

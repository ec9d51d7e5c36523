// One walk over the tree of a file: where it is, what it found, and what it may look up.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.hpp"
#include "config/document.hpp"
#include "config/sources.hpp"

namespace reeve::config {

class Reading {
 public:
  // `folder`: what relative paths of the file are relative to; absolute, or empty for the working directory.
  Reading(std::string file, std::string folder, const Environment& environment, Sources& sources, Loaded& loaded)
      : file_(std::move(file)), folder_(std::move(folder)), environment_(environment), sources_(sources), loaded_(loaded) {}

  void error(Place place, std::string message);
  void warn(Place place, std::string message);

  // "reeve.yaml:14:3"
  [[nodiscard]] std::string at(Place place) const;
  // The path itself when absolute, else below the folder of the file.
  [[nodiscard]] std::string resolved(const std::string& path) const;
  [[nodiscard]] const Environment& environment() const { return environment_; }
  // For further files that belong to the configuration.
  [[nodiscard]] Sources& sources() const { return sources_; }

  // While it lives the walk is one key deeper.
  class Step {
   public:
    Step(Reading& reading, std::string_view key);
    ~Step() { reading_.path_.resize(length_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Reading& reading_;
    std::size_t length_;
  };

 private:
  std::string file_;
  std::string folder_;
  const Environment& environment_;
  Sources& sources_;
  Loaded& loaded_;
  std::string path_{};
};

}  // namespace reeve::config

// What the tests of the scoreboard share: a folder of their own, and the bytes of a file by their offsets, as a reader knows them who has only
// docs/scoreboard.md.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace reeve::executors::testing {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "reeve-board-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms(0711));
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] bool empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::string path_;
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::uint64_t word_at(const std::string& bytes, std::size_t at) {
  std::uint64_t word = 0;
  REQUIRE(at + sizeof word <= bytes.size());
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

// The text of a field: up to its first zero.
inline std::string text_at(const std::string& bytes, std::size_t at, std::size_t size) {
  const std::string field = bytes.substr(at, size);
  return field.substr(0, field.find('\0'));
}

inline void write_at(const std::string& path, std::size_t at, const void* from, std::size_t size) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  REQUIRE(::pwrite(file, from, size, static_cast<off_t>(at)) == static_cast<ssize_t>(size));
  ::close(file);
}
inline void write_word(const std::string& path, std::size_t at, std::uint64_t word) { write_at(path, at, &word, sizeof word); }
inline void write_double(const std::string& path, std::size_t at, double value) { write_at(path, at, &value, sizeof value); }
inline void write_text(const std::string& path, std::size_t at, std::string_view text) { write_at(path, at, text.data(), text.size()); }

}  // namespace reeve::executors::testing

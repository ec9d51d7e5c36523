// How random a file is, in bits a byte: {"file": "/srv/disk.img"}. Text has about 4.5, compressed or encrypted data nearly 8.
#include <reeve/handler.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <vector>

namespace {

namespace json = reeve::json;

std::array<std::uint64_t, 256> count(reeve::Task& task, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw reeve::Reject("bad_file", path + " cannot be read");
  reeve::Progress now{};
  now.current = 0;
  now.total = static_cast<double>(std::filesystem::file_size(path));
  now.label = "counting";
  std::array<std::uint64_t, 256> counts{};
  std::vector<char> chunk(1 << 20);
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), file.gcount() > 0) {
    for (std::streamsize place = 0; place < file.gcount(); ++place) ++counts[static_cast<unsigned char>(chunk[static_cast<std::size_t>(place)])];
    *now.current += static_cast<double>(file.gcount());
    task.progress(now);                                      // a store to memory; throws when the task is cancelled
  }
  return counts;
}

std::string entropy(reeve::Task& task) {
  const auto path = json::text(json::member(task.payload, "file"));
  if (!path) throw reeve::Reject("bad_payload", "the payload is {\"file\": PATH}");
  return task.step("count", [&] {
    const auto counts = count(task, *path);
    double bytes = 0, bits = 0;
    for (const std::uint64_t times : counts) bytes += static_cast<double>(times);
    for (const std::uint64_t times : counts)
      if (times != 0) bits -= static_cast<double>(times) / bytes * std::log2(static_cast<double>(times) / bytes);
    return json::Writer{}.string("file", *path).number("bytes", bytes).number("bits_per_byte", bits).text();
  });
}

}  // namespace

int main() { return reeve::serve(reeve::Bodies{{"file.entropy", entropy}}); }

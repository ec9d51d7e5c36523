// What random programs leave in a store goes out as lines, into an empty store, and out again.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <regex>
#include <set>

#include "store/file.hpp"
#include "store/open.hpp"
#include "tests/conformance/store/program.hpp"

namespace reeve::store::conformance {
namespace {

using Lines = std::vector<std::string>;

struct Shelf {
  Shelf() {
    std::string pattern = (std::filesystem::temp_directory_path() / "reeve-trip-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    path = pattern;
  }
  ~Shelf() { std::filesystem::remove_all(path); }
  [[nodiscard]] Options options(const std::string& name) const {
    Options options;
    options.url = "sqlite:" + (path / name).string();
    options.durability = Durability::relaxed;
    return options;
  }
  std::filesystem::path path{};
};

Lines exported(const Options& options) {
  Lines lines;
  export_store(options, [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

Arrival import(const Options& options, const Lines& lines, Timestamp now) {
  std::size_t next = 0;
  const auto give = [&](std::string& line) {
    if (next == lines.size()) return false;
    line = lines[next++];
    return true;
  };
  return import_store(options, Into::empty_store, give, now);
}

// Rows of sorts that an import leaves as they are even where it gives running tasks back.
Lines kept(const Lines& lines) {
  static const std::set<std::string> sorts{"payload", "result", "log", "signal", "timer", "dependency", "batch", "request", "revision", "schedule", "dedupe"};
  Lines found;
  for (const std::string& line : lines) {
    const std::size_t end = line.find('"', 8);
    if (line.starts_with(R"({"row":")") && sorts.contains(line.substr(8, end - 8))) found.push_back(line);
  }
  return found;
}

// Without what each import changes: epochs, the head, and the event that says so.
Lines without_epochs(Lines lines) {
  static const std::regex epoch("\"epoch\":[0-9]+");
  lines.erase(lines.begin());
  for (std::string& line : lines)
    if (line.starts_with(R"({"row":"task")")) line = std::regex_replace(line, epoch, "\"epoch\":-");
  std::erase_if(lines, [](const std::string& line) { return line.find("store.imported") != std::string::npos; });
  return lines;
}

// Lines that only one of them has.
Lines difference(Lines one, Lines other) {
  std::sort(one.begin(), one.end());
  std::sort(other.begin(), other.end());
  Lines found;
  std::set_symmetric_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(found));
  return found;
}

void travel(std::uint64_t seed) {
  INFO("REEVE_SEED=" << seed);
  const Shelf shelf;
  Program program(seed);
  {
    const auto store = open(shelf.options("first.db"));
    for (int step = 0; step < 300; ++step) {
      const Program::Step next = program.next();
      (void)transact(*store, [&](Store& s) { return next(s); });
    }
  }
  const Lines first = exported(shelf.options("first.db"));
  const Arrival arrival = import(shelf.options("second.db"), first, program.now);
  CHECK(arrival.rows == static_cast<std::int64_t>(first.size()) - 1);
  CHECK(open(shelf.options("second.db"))->open_reader()->check() == Lines{});
  const Lines second = exported(shelf.options("second.db"));
  if (arrival.cancelled == 0) CHECK(difference(kept(second), kept(first)) == Lines{});   // who ends for good takes others along
  (void)import(shelf.options("third.db"), second, program.now);
  CHECK(difference(without_epochs(exported(shelf.options("third.db"))), without_epochs(second)) == Lines{});
}

}  // namespace

TEST_CASE("what random programs leave survives an export and an import", "[export][model][conformance][promise-I6]") {
  if (const char* seed = std::getenv("REEVE_SEED")) return travel(std::strtoull(seed, nullptr, 10));
  for (std::uint64_t seed = 1; seed <= 20; ++seed) travel(seed);
}

}  // namespace reeve::store::conformance

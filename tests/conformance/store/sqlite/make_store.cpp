#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "store/open.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

// A directory of its own, gone with the test. Durability is relaxed because these tests are about meaning, not about power.
struct Directory final : Place {
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "reeve-store-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no directory for the test");
    path = pattern;
  }
  ~Directory() override { std::filesystem::remove_all(path); }
  std::unique_ptr<Store> open() override {
    Options options;
    options.url = "sqlite:" + path.string() + "/reeve.db";
    options.durability = Durability::relaxed;
    return store::open(options);
  }
  std::filesystem::path path{};
};

}  // namespace

std::unique_ptr<Place> make_place() { return std::make_unique<Directory>(); }

}  // namespace reeve::store::conformance

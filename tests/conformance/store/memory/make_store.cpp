#include "store/open.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct Nowhere final : Place {
  std::unique_ptr<Store> open() override {
    Options options;
    options.url = "memory:";
    return store::open(options);
  }
};

}  // namespace

std::unique_ptr<Place> make_place() { return std::make_unique<Nowhere>(); }

}  // namespace reeve::store::conformance

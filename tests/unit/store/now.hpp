// When the tests of the store take place.
#pragma once

#include "store/time.hpp"

namespace reeve::store {

inline const Timestamp now = from_ms(1'800'000'000'000);

}  // namespace reeve::store

// What this kernel and this account offer to contain bodies, one by one, each tried and not guessed.
#pragma once

#include <vector>

#include "executors/make.hpp"
#include "executors/process/containment.hpp"

namespace reeve::executors::process {

[[nodiscard]] std::vector<Feature> features_of(const Containment& containment);   // starts a few children that end at once

}  // namespace reeve::executors::process

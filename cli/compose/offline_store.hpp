// The `store` verbs on a file, with or without a daemon beside them.
#pragma once

#include <string>
#include <vector>

#include "cli/compose/locate.hpp"
#include "store/reader.hpp"

namespace reeve::cli::compose {

// `store`: a path, a store URL, or empty for the one of the configuration.
[[nodiscard]] std::string store_url(const std::string& store, const Choices& choices, const Surroundings& around);

// These read only; they throw store::StoreError.
[[nodiscard]] std::vector<std::string> faults_in_store(const std::string& url);
void back_up_store(const std::string& url, const std::string& path);

struct StoreNumbers {
  store::StoreFacts facts{};
  std::vector<store::CountRow> counts{};
};
[[nodiscard]] StoreNumbers numbers_of_store(const std::string& url);

[[nodiscard]] std::string store_schema();

}  // namespace reeve::cli::compose

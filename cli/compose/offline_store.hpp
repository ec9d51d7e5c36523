// The `store` verbs on a file, with or without a daemon beside them.
#pragma once

#include <string>
#include <vector>

#include "cli/compose/locate.hpp"
#include "store/file.hpp"
#include "store/reader.hpp"

namespace reeve::cli::compose {

// `store`: a path, a store URL, or empty for the one of the configuration.
[[nodiscard]] std::string store_url(const std::string& store, const Choices& choices, const Surroundings& around);

// These read only; they throw store::StoreError.
[[nodiscard]] std::vector<std::string> faults_in_store(const std::string& url);
void back_up_store(const std::string& url, const std::string& path);

[[nodiscard]] store::StoreAnatomy anatomy_of_store(const std::string& url);

// What store/file.hpp does, on the store of a URL.
void export_from(const std::string& url, const std::function<void(std::string_view line)>& write, const store::Watch& watch);
[[nodiscard]] store::Arrival import_into(const std::string& url, store::Into into, const std::function<bool(std::string& line)>& next,
                                         store::Timestamp now, const store::Watch& watch);
[[nodiscard]] store::Arrival restore_to(const std::string& url, const std::string& backup, store::Timestamp now);
[[nodiscard]] store::Vacuumed rewrite(const std::string& url);

[[nodiscard]] std::string store_schema();

}  // namespace reeve::cli::compose

// What the operator may set about the API.
#pragma once

#include <cstdint>
#include <string>

namespace reeve::api {

struct Options {
  std::string socket{};                         // path; the composition root fills in the default
  unsigned socket_mode = 0660;
  std::string socket_group{};                   // empty: the daemon's own
  int connections_max = 512;                    // further ones wait in the listen queue; a few are kept for health and the CLI
  std::int64_t body_bytes_max = 32LL << 20;     // of a request (bulk enqueue)
  int bulk_max = 10'000;                        // tasks in one bulk request
  int streams_max = 128;                        // live streams at once
};

}  // namespace reeve::api

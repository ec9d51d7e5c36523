// The two live streams: of all events, and of one task with its log.
//
// A stream reads the log by cursor and sleeps between on the event feed; whoever nobody listens to costs nothing. It holds no queue of its
// own: what a slow client has not taken yet is still in the store.
#pragma once

#include <memory>
#include <optional>

#include "api/http.hpp"
#include "api/service.hpp"
#include "store/reader.hpp"

namespace reeve::api {

// Where a stream begins.
struct StreamStart {
  store::Cursor after{};
  std::optional<store::Cursor> lost_before{};   // the client's cursor could not be honoured: the oldest event that is still kept
};

// From what the client sent and what the store keeps. `given` absent: the newest `last` events, then what comes.
[[nodiscard]] StreamStart start_of(std::optional<store::Cursor> given, std::int64_t last, store::Cursor first_kept, store::Cursor newest);

// Throw Problem 503 when too many streams are live.
[[nodiscard]] std::unique_ptr<LiveStream> follow_events(Service& service, store::EventQuery filter, StreamStart start);

struct TaskStreamOptions {
  store::TaskId task{};
  std::optional<store::Cursor> since{};
  bool log = true;
  int last = 10;                                // lines of the log in the bootstrap
};
[[nodiscard]] std::unique_ptr<LiveStream> follow_task(Service& service, TaskStreamOptions options);

}  // namespace reeve::api

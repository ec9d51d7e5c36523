// How pauses are told, the same in /v1/pauses, /v1/queues and /v1/status.
#pragma once

#include "api/json/writer.hpp"
#include "store/reader.hpp"

namespace reeve::api::routes {

// "paused":{"since":...,"reason":...,"actor":...}
void write_pause(JsonWriter& json, const store::QueuePause& pause);

// {"queues":[{"queue",...}],"kinds":[{"kind",...}],"labels":[{"key","value",...}]}, each with "since", "reason", "actor".
void write_pauses(JsonWriter& json, const store::Paused& paused);

}  // namespace reeve::api::routes

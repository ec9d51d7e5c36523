// How a pause is told, the same in /v1/queues and /v1/status.
#pragma once

#include "api/json/writer.hpp"
#include "store/reader.hpp"

namespace reeve::api::routes {

// "paused":{"since":...,"reason":...,"actor":...}
void write_pause(JsonWriter& json, const store::QueuePause& pause);

}  // namespace reeve::api::routes

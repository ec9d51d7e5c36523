// From the JSON of one task to a task that may be stored.
#pragma once

#include <string>
#include <string_view>

#include "api/http.hpp"
#include "api/json/writer.hpp"
#include "api/service.hpp"
#include "store/store.hpp"

namespace reeve::api {

// `object` has passed check_json. Throws Problem.
[[nodiscard]] store::NewTask admit_task(Service& service, std::string_view object, const std::string& actor);

// The request's own idempotency key, when it has one, and the fingerprint of its body. Throws Problem.
void take_request_key(store::EnqueueRequest& enqueue, const Request& request);

// What an enqueue made, as members of the open object.
void write_enqueued(JsonWriter& json, const store::Enqueued& enqueued);

// The same of the ids that it supersedes; nothing when there are none.
void write_superseded(JsonWriter& json, const store::Enqueued& enqueued);

// A payload that a stored task of the kind is to get. Throws Problem as for an enqueue; a kind that no handler has takes any JSON.
void check_payload(Service& service, std::string_view kind, const std::string& payload);

// The attempts that it was enqueued in place of are to stop.
void stop_superseded(Service& service, const store::EnqueueDone& done);

// Turns a refusal of the store into a Problem and throws it.
[[noreturn]] void refuse(const store::EnqueueRefused& refused, const store::EnqueueRequest& enqueue);

}  // namespace reeve::api

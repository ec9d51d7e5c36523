// From the JSON of one task to a task that may be stored.
#pragma once

#include <boost/asio/awaitable.hpp>
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

// Stores what was admitted; the attempts in whose place it was enqueued are told to stop. `enqueue` outlives the answer. Throws Problem when the store
// refuses it.
[[nodiscard]] boost::asio::awaitable<store::EnqueueDone> enqueue_admitted(Service& service, const store::EnqueueRequest& enqueue);

}  // namespace reeve::api

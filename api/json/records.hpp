// What the store keeps, as JSON: the member names of docs/api.md. Absent values are left out.
#pragma once

#include "api/json/writer.hpp"
#include "handlers/handler.hpp"
#include "store/reader.hpp"
#include "store/store.hpp"
#include "store/task.hpp"
#include "supervisor/door.hpp"
#include "supervisor/overview.hpp"

namespace reeve::api {

enum class Body { with_payload, without_payload };

void write_task(JsonWriter& json, const store::Task& task, store::State state, Body body);
void write_error(JsonWriter& json, const store::TaskError& error);
void write_attempt(JsonWriter& json, const store::Attempt& attempt);
void write_log_line(JsonWriter& json, const store::LogLine& line);
void write_event(JsonWriter& json, const store::Event& event);
void write_step(JsonWriter& json, const store::Step& step);
void write_step_try(JsonWriter& json, const store::StepTry& each);
void write_signal(JsonWriter& json, const store::Signal& signal);
void write_timer(JsonWriter& json, const store::Timer& timer);
void write_pool(JsonWriter& json, const executors::PoolStatus& pool);
void write_handler(JsonWriter& json, const handlers::Handler& handler);
void write_usage(JsonWriter& json, const supervisor::Usage& usage);              // the members only, no braces
void write_running(JsonWriter& json, const supervisor::RunningAttempt& attempt);
void write_door(JsonWriter& json, const supervisor::DoorStatus& door);           // "inbox" and "outboxes", without braces around
void write_dependencies(JsonWriter& json, const store::Dependencies& dependencies);
void write_batch(JsonWriter& json, const store::Batch& batch);
void write_facts(JsonWriter& json, const store::StoreFacts& facts);

[[nodiscard]] std::string_view word(store::CancelResult result);
[[nodiscard]] std::string_view word(store::RetryResult result);
[[nodiscard]] std::string_view word(store::RerunResult result);
[[nodiscard]] std::string_view word(store::RemoveResult result);

}  // namespace reeve::api

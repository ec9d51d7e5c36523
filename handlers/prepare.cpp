#include "handlers/prepare.hpp"

#include <utility>

namespace reeve::handlers {

namespace {

// A command that was given no payload reads end of file, as a program started by hand with nothing piped into it; a declared handler always
// gets its payload, null included.
std::shared_ptr<const executors::ProcessSpec> process_for(const Handler& handler, const store::Task& task) {
  if (handler.kind != command_kind || task.payload != "null" || !handler.process) return handler.process;
  auto process = std::make_shared<executors::ProcessSpec>(*handler.process);
  process->payload = executors::PayloadBy::none;
  return process;
}

}  // namespace

executors::Execution prepare(const Handler& handler, store::Task& task) {
  executors::Execution execution;
  execution.task = store::number(task.id);
  execution.epoch = task.epoch;
  execution.attempt = task.attempt;
  execution.max_attempts = task.max_attempts;
  execution.kind = handler.kind;   // not an earlier name that the task was stored under
  execution.queue = task.queue;
  execution.labels = task.labels;
  execution.traceparent = task.traceparent;
  execution.metadata = task.metadata;
  if (task.batch) execution.batch = number(*task.batch);
  execution.stop_grace = handler.stop_grace;
  execution.process = process_for(handler, task);
  execution.builtin = handler.builtin;
  execution.worker = handler.worker;
  execution.thread = handler.thread;
  execution.remote = handler.remote;
  execution.payload = std::exchange(task.payload, {});
  return execution;
}

}  // namespace reeve::handlers

// handlers: KIND: what a handler with warm processes has besides.

#include "config/sections.hpp"

namespace reeve::config {

namespace {

using namespace std::chrono_literals;
using executors::Recycle;
using executors::WorkerSpec;

// Keys of a child that is made for one attempt; a worker gets its tasks and gives its results over the protocol.
constexpr std::string_view attempt_keys[] = {"payload", "exit_codes", "stop_signal"};

void say(Reading& reading, const Node& node, std::string_view key, std::string message) {
  const Reading::Step step{reading, key};
  for (const Entry& entry : node.entries)
    if (entry.key == key) reading.error(entry.place, std::move(message));
}

void concurrency_fits(Reading& reading, const Node& node, const HandlerDraft& draft) {
  const WorkerSpec& worker = draft.worker;
  const int most = worker.max * worker.parallel;
  if (draft.handler.concurrency && *draft.handler.concurrency > most)
    say(reading, node, "concurrency", "the pool has places for " + std::to_string(most) + " attempts (processes.max times parallel), so " +
                                          std::to_string(*draft.handler.concurrency) + " never run at once; write at most " + std::to_string(most) + ", or leave it out");
}

}  // namespace

const Table<WorkerSpec>& processes_table() {
  static const Table<WorkerSpec> table{
      {
          integer<WorkerSpec>("min", &WorkerSpec::min, {0, 10'000}, "processes that are kept warm without work"),
          integer<WorkerSpec>("max", &WorkerSpec::max, {1, 10'000}, "processes at once"),
          duration<WorkerSpec>("idle", &WorkerSpec::idle, {1ms, year}, "a process above min that had nothing to do for this long ends"),
      },
      {}};
  return table;
}

const Table<Recycle>& recycle_table() {
  static const Table<Recycle> table{
      {
          integer<Recycle>("tasks", &Recycle::tasks, {1, 1'000'000'000}, "a process is replaced after this many tasks, a tenth more or less"),
          duration<Recycle>("age", &Recycle::age, {1s, year}, "... when it is this old"),
          size<Recycle>("memory", &Recycle::memory_bytes, {1 << 20, 1LL << 40}, "... when more than this is resident after a task"),
      },
      {}};
  return table;
}

void check_worker(Reading& reading, const Entry& entry, const HandlerDraft& draft) {
  const Node& node = entry.value;
  for (const std::string_view key : attempt_keys)
    say(reading, node, key, "means nothing for executor worker, which gets its tasks over the protocol; remove it or use executor: process");
  if (draft.process.result == executors::ResultBy::stdout_)
    say(reading, node, "result", "a worker gives its results over the protocol; write message or none");
  for (const std::string& argument : draft.process.command)
    if (argument.find("{payload") != std::string::npos)
      say(reading, node, "command", "a worker starts before it gets a task, so no argument can stand for a part of one; read the payload from the task");
  if (draft.worker.min > draft.worker.max)
    say(reading, node, "processes", "min " + std::to_string(draft.worker.min) + " is more than max " + std::to_string(draft.worker.max) + "; write min up to max");
  concurrency_fits(reading, node, draft);
}

void refuse_worker_keys(Reading& reading, const Entry& entry) {
  for (const std::string_view key : {"processes", "recycle", "parallel", "start_timeout"})
    say(reading, entry.value, key, "means nothing without warm processes; remove it or use executor: worker");
}

// No task is claimed that would wait for a place.
void finish_worker(HandlerDraft& draft) {
  draft.process.payload = executors::PayloadBy::none;
  draft.worker.kind = draft.handler.kind;
  draft.worker.process = std::make_shared<const executors::ProcessSpec>(std::move(draft.process));
  if (!draft.handler.concurrency) draft.handler.concurrency = draft.worker.max * draft.worker.parallel;
  draft.handler.worker = std::make_shared<const WorkerSpec>(std::move(draft.worker));
}

}  // namespace reeve::config

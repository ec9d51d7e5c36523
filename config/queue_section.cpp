// queues:

#include "config/sections.hpp"
#include "handlers/admit.hpp"

namespace reeve::config {

namespace {

const handlers::Queue* declared_queue(const Configuration& configuration, const std::string& name) {
  for (const handlers::Queue& queue : configuration.queues)
    if (queue.name == name) return &queue;
  return nullptr;
}

}  // namespace

const Table<handlers::Queue>& queue_table() {
  static const Table<handlers::Queue> table{
      {limit<handlers::Queue>("concurrency", &handlers::Queue::concurrency, "how many attempts of this queue run at once; no limit when left out")},
      {{"rate", "weight", "fair_key", "paused", "resources", "ageing"}, {}}};
  return table;
}

void read_queues(Reading& reading, const Node& node, Configuration& configuration) {
  if (!is_mapping(reading, node, "queues")) return;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    if (!handlers::is_name(entry.key)) reading.error(entry.place, "not a name of a queue; write 1 to 128 of the characters A-Z a-z 0-9 _ . : -");
    if (const handlers::Queue* first = declared_queue(configuration, entry.key))
      reading.error(entry.place, "the queue is already declared at " + first->declared_at + "; keep one of them");
    handlers::Queue queue;
    queue.name = entry.key;
    queue.declared_at = reading.at(entry.place);
    if (entry.value.type != Node::Type::nothing) read_section(reading, entry.value, queue_table(), queue);
    configuration.queues.push_back(std::move(queue));
  }
}

}  // namespace reeve::config

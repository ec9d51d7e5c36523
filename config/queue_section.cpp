// queues:

#include "config/limit_values.hpp"
#include "config/sections.hpp"
#include "handlers/admit.hpp"
#include "store/shares.hpp"

namespace reeve::config {

namespace {

const handlers::Queue* declared_queue(const Configuration& configuration, const std::string& name) {
  for (const handlers::Queue& queue : configuration.queues)
    if (queue.name == name) return &queue;
  return nullptr;
}

Field<handlers::Queue> weight_field(std::string_view why) {
  const auto read = [](Reading& reading, const Node& node, handlers::Queue& queue) {
    if (const auto weight = read_integer(reading, node, {1, store::Shares::weight_max})) queue.weight = static_cast<int>(*weight);
  };
  return {"weight", why, read, integer_schema(1, store::Shares::weight_max)};
}

}  // namespace

const Table<handlers::Queue>& queue_table() {
  static const Table<handlers::Queue> table{
      {
          limit<handlers::Queue>("concurrency", &handlers::Queue::concurrency, "how many attempts of this queue run at once; no limit when left out"),
          field<handlers::Queue>("rate", &handlers::Queue::rate, "how many attempts of this queue start in a time: 10/s; no limit when left out", read_rate, rate_schema()),
          weight_field("the share of this queue in what is started, beside other queues that have work; as soon as one queue has a weight, all others count as 1"),
          ageing_field<handlers::Queue>(&handlers::Queue::ageing),
          field<handlers::Queue>("fair_by", &handlers::Queue::fair_by, "the label that says whose a task is: tenants take turns, however much each has waiting",
                                 read_fair_by, text_schema()),
      },
      {{"fair_key", "paused", "resources"}, {}}};
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

// The keys at the top of a file.

#include <algorithm>

#include "config/sections.hpp"

namespace reeve::config {

namespace {

const std::vector<std::string_view> later_keys{"notifications", "events", "queries", "plugins", "metrics",
                                               "tls",       "tokens",        "audit",  "roles",   "templates", "defaults"};

// What a queue or handler may be left empty as is null in YAML.
std::string or_nothing(const std::string& schema) { return R"({"anyOf":[{"type":"null"},)" + schema + "]}"; }

Field<Configuration> queues() {
  return {"queues", "queues by name, for those that have a limit of their own", read_queues, mapping_schema(or_nothing(section_schema(queue_table())))};
}

Field<Configuration> handlers_by_kind() {
  return {"handlers", "handlers by kind: what is run for a task of the kind", read_handlers, mapping_schema(section_schema(handler_table()))};
}

// One path or a list of them.
void read_outboxes(Reading& reading, const Node& node, Configuration& configuration) {
  const std::vector<Node> single{node};
  for (const Node& item : node.type == Node::Type::list ? node.items : single) {
    const auto path = read_path(reading, item);
    if (!path) continue;
    auto& known = configuration.outboxes;
    if (std::find(known.begin(), known.end(), *path) != known.end()) reading.error(item.place, *path + " is named twice; leave one of them out");
    else known.push_back(*path);
  }
}

Field<Configuration> outboxes() {
  return {"outbox", "database files of applications that have a reeve_outbox (reeve outbox init FILE): a path, or a list of paths", read_outboxes,
          R"({"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]})"};
}

Field<Configuration> schedules_by_name() {
  return {"schedules", "schedules by name: tasks that are enqueued when a clock says so", read_schedules, mapping_schema(section_schema(schedule_table()))};
}

// Followed by the loader once the rest of the file has been read.
Field<Configuration> include() {
  return {"include", "further files with handlers, queues and schedules, relative to this one", [](Reading&, const Node&, Configuration&) {},
          R"({"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]})"};
}

}  // namespace

const Table<Configuration>& file_table() {
  static const Table<Configuration> table{
      {
          section<Configuration>("store", &Configuration::store, store_table(), "where tasks are kept, and how safely"),
          section<Configuration>("retention", &Configuration::retention, retention_table(), "how long what is finished is kept"),
          section<Configuration>("supervisor", &Configuration::supervisor, supervisor_table(), "how much runs at once, and how it ends"),
          section<Configuration>("api", &Configuration::api, api_table(), "the Unix socket and its limits"),
          section<Configuration>("log", &Configuration::log, log_table(), "the daemon's own log"),
          outboxes(),
          queues(),
          handlers_by_kind(),
          schedules_by_name(),
          include(),
      },
      {later_keys, {}}};
  return table;
}

const Table<Configuration>& included_table() {
  static const Table<Configuration> table{{queues(), handlers_by_kind(), schedules_by_name()},
                                          {later_keys, {"store", "retention", "supervisor", "api", "log", "outbox", "include"}}};
  return table;
}

}  // namespace reeve::config

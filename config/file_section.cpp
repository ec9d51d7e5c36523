// The keys at the top of a file.

#include "config/sections.hpp"

namespace reeve::config {

namespace {

const std::vector<std::string_view> later_keys{"notifications", "events", "queries", "resources", "plugins", "metrics",
                                               "tls",       "tokens",        "audit",  "roles",   "templates", "defaults"};

// What a queue or handler may be left empty as is null in YAML.
std::string or_nothing(const std::string& schema) { return R"({"anyOf":[{"type":"null"},)" + schema + "]}"; }

Field<Configuration> queues() {
  return {"queues", "queues by name, for those that have a limit of their own", read_queues, mapping_schema(or_nothing(section_schema(queue_table())))};
}

Field<Configuration> handlers_by_kind() {
  return {"handlers", "handlers by kind: what is run for a task of the kind", read_handlers, mapping_schema(section_schema(handler_table()))};
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
          queues(),
          handlers_by_kind(),
          schedules_by_name(),
          include(),
      },
      {later_keys, {}}};
  return table;
}

const Table<Configuration>& included_table() {
  static const Table<Configuration> table{{queues(), handlers_by_kind(), schedules_by_name()}, {later_keys, {"store", "retention", "supervisor", "api", "log", "include"}}};
  return table;
}

}  // namespace reeve::config

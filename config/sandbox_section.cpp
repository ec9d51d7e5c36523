// handlers: KIND: sandbox:

#include "config/sections.hpp"

namespace reeve::config {

namespace {

// Relative ones lie beside the file.
std::optional<std::vector<std::string>> read_paths(Reading& reading, const Node& node) {
  auto paths = read_texts(reading, node);
  if (!paths) return std::nullopt;
  for (std::string& path : *paths) {
    if (path.empty()) return reading.error(node.place, "an empty path was found; write [/usr, /var/lib/data]"), std::nullopt;
    path = reading.resolved(path);
  }
  return paths;
}

using executors::Sandbox;

Field<Sandbox> paths(std::string_view name, std::vector<std::string> Sandbox::*where, std::string_view why) {
  return field<Sandbox>(name, where, why, read_paths, with_member(texts_schema(), "default", "[]"));
}

}  // namespace

const Table<executors::Sandbox>& sandbox_table() {
  static const Table<Sandbox> table{
      {
          paths("read", &Sandbox::read, "when read or write is given: the folders and files that may be read and executed, and nothing else; its libraries included"),
          paths("write", &Sandbox::write, "the folders and files that may be read and changed"),
          flag<Sandbox>("private_tmp", &Sandbox::private_tmp, "true gives it an empty /tmp and /var/tmp of its own"),
          flag<Sandbox>("network", &Sandbox::network, "false takes the network away, but for a loopback of its own"),
      },
      {{"syscalls"}, {}}};
  return table;
}

}  // namespace reeve::config

// supervisor: api: and log:

#include <sys/un.h>

#include "config/limit_values.hpp"
#include "config/sections.hpp"

namespace reeve::config {

namespace {

using namespace std::chrono_literals;

// The kernel's limit for the path of a socket, its end included.
std::optional<std::string> read_socket(Reading& reading, const Node& node) {
  const auto path = read_path(reading, node);
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (!path || path->size() <= longest) return path;
  reading.error(node.place, "the path has " + std::to_string(path->size()) + " bytes, but a socket's may have " + std::to_string(longest) + "; choose a shorter folder");
  return std::nullopt;
}

}  // namespace

const Table<supervisor::Options>& supervisor_table() {
  using supervisor::Options;
  static const Table<Options> table{
      {
          text<Options>("name", &Options::name, "the name of this runner in events and logs; the host name when left out"),
          limit<Options>("concurrency", &Options::concurrency, "how many attempts run at once, all kinds together"),
          integer<Options>("threads", &Options::threads, {1, 1024}, "how many functions of executor thread run at once; read at start"),
          duration<Options>("lease", &Options::lease, {1s, 1h}, "how long a claim holds without renewal; the supervisor renews well before"),
          duration<Options>("drain_timeout", &Options::drain_timeout, {0ms, 168h},
                            "how long SIGTERM waits for running attempts before it interrupts them; leases are renewed meanwhile"),
          duration<Options>("retention_interval", &Options::retention_interval, {1s, 168h}, "from the end of a task to the pass that deletes what retention lets go"),
          field<Options>("resources", &Options::resources, "what there are only so many of, by name: a number, or a list of names; handlers say how much they need",
                         read_resources, resources_schema()),
          ageing_field<Options>(&Options::ageing),
          flag<Options>("ad_hoc_commands", &Options::ad_hoc_commands,
                        "whether `reeve run` is allowed: whoever may enqueue may then run any command as the daemon's user"),
      },
      {{"memory", "poll", "labels", "scoreboard"}, {}}};
  return table;
}

const Table<api::Options>& api_table() {
  using api::Options;
  static const Table<Options> table{
      {
          field<Options>("socket", &Options::socket, "the path of the Unix socket", read_socket, text_schema()),
          field<Options>("socket_mode", &Options::socket_mode, "permissions of the socket: who may write to it may enqueue and operate", read_mode,
                         with_member(mode_schema(), "default", json_quoted("0660"))),
          text<Options>("socket_group", &Options::socket_group, "the group of the socket; the daemon's own when left out"),
          integer<Options>("connections_max", &Options::connections_max, {8, 100'000}, "connections at once; further ones wait in the listen queue"),
          size<Options>("body_max", &Options::body_bytes_max, {64 << 10, 1 << 30}, "the largest request body"),
          integer<Options>("bulk_max", &Options::bulk_max, {1, 1'000'000}, "tasks in one bulk request"),
          integer<Options>("streams_max", &Options::streams_max, {0, 100'000}, "live event streams at once"),
      },
      {{"tcp", "listen", "tls", "token", "tokens", "insecure", "hosts", "cors", "metrics", "dashboard"}, {}}};
  return table;
}

const Table<supervisor::LogOptions>& log_table() {
  using supervisor::LogFormat;
  using supervisor::LogLevel;
  using supervisor::LogOptions;
  static const Table<LogOptions> table{
      {
          word<LogOptions>("format", &LogOptions::format, {{"automatic", "json", "text"}, {"journal"}},
                           std::vector{LogFormat::automatic, LogFormat::json, LogFormat::text}, "automatic writes text to a terminal and JSON lines otherwise"),
          word<LogOptions>("level", &LogOptions::level, {{"debug", "info", "warn", "error"}, {}},
                           std::vector{LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}, "the least level that is written"),
          path<LogOptions>("file", &LogOptions::file, "the file to append to, opened anew on SIGHUP; stdout when left out"),
          flag<LogOptions>("task_output", &LogOptions::task_output, "whether the lines that handlers print are written here too"),
          texts<LogOptions>("redact", &LogOptions::redact, "fields whose name contains one of these words are masked"),
      },
      {{"journal", "syslog", "rate"}, {}}};
  return table;
}

}  // namespace reeve::config

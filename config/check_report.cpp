#include "config/check_report.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "config/bytes.hpp"
#include "config/scalars.hpp"
#include "executors/capabilities.hpp"
#include "handlers/schedule.hpp"

namespace reeve::config {

namespace {

// ------------------------------------------------------------------------------------------------------------------ the values

std::string runs(const handlers::Handler& handler) {
  if (handler.builtin) return handler.builtin->name;
  if (handler.thread) return handler.thread->plugin.empty() ? handler.thread->function : shown(handler.thread->plugin);
  std::string line;
  if (handler.process)
    for (const std::string& part : handler.process->command) line += (line.empty() ? "" : " ") + shown(part);
  return line;
}

// What was declared to end a body, and cannot when the body does not want to.
std::string asked_only(const handlers::Handler& handler) {
  std::string times;
  const auto add = [&times](std::string_view key, store::Millis time) {
    times += (times.empty() ? "" : " and ") + std::string(key) + " of " + store::to_text(time);
  };
  if (handler.timeout) add("timeout", *handler.timeout);
  if (handler.watchdog && handler.on_stale == handlers::OnStale::kill) add("watchdog", *handler.watchdog);
  if (handler.stop_grace != handlers::Handler{}.stop_grace) add("stop_grace", handler.stop_grace);
  return times;
}

HandlerLine line_of(const handlers::Handler& handler) {
  HandlerLine line;
  line.kind = handler.kind;
  line.executor = handler.executor;
  if (const auto can = executors::capabilities_of(handler.executor)) {
    line.stops = executors::word_of_stops(*can);
    if (!can->kills) line.asked_only = asked_only(handler);
  }
  line.runs = runs(handler);
  line.queue = handler.queue;
  line.concurrency = handler.concurrency;
  line.timeout = handler.timeout;
  line.attempts = handler.retry.attempts;
  if (handler.process) line.memory_bytes = handler.process->limits.memory_bytes;
  if (handler.payload_schema) line.typed.emplace_back("payload");
  if (handler.result_schema) line.typed.emplace_back("result");
  if (handler.labels_schema) line.typed.emplace_back("labels");
  line.declared_at = handler.declared_at;
  return line;
}

std::vector<QueueLine> queue_lines(const Configuration& configuration) {
  std::map<std::string, QueueLine> queues;
  for (const handlers::Queue& queue : configuration.queues) queues[queue.name].concurrency = queue.concurrency;
  for (const handlers::Handler& handler : configuration.handlers) queues[handler.queue].kinds.push_back(handler.kind);
  std::vector<QueueLine> lines;
  for (auto& [name, line] : queues) {
    line.name = name;
    std::sort(line.kinds.begin(), line.kinds.end());
    lines.push_back(std::move(line));
  }
  return lines;
}

// The worst mix of bodies: the greediest kinds first, each up to its own limit, until no place is left.
std::optional<std::int64_t> memory_budget(const Configuration& configuration) {
  std::vector<std::pair<std::int64_t, int>> wants;
  for (const handlers::Handler& handler : configuration.handlers) {
    if (!handler.process) continue;
    if (!handler.process->limits.memory_bytes) return std::nullopt;
    wants.emplace_back(*handler.process->limits.memory_bytes, handler.concurrency.value_or(configuration.supervisor.concurrency));
  }
  if (wants.empty()) return std::nullopt;
  std::sort(wants.rbegin(), wants.rend());
  std::int64_t total = 0;
  int places = configuration.supervisor.concurrency;
  for (const auto& [bytes, most] : wants) {
    const int taken = std::min(places, most);
    total += bytes * taken;  // at most 1 TiB for each of 100000 places
    places -= taken;
  }
  return total;
}

ScheduleLine line_of(const handlers::Schedule& schedule, store::Timestamp now) {
  constexpr std::size_t told = 3;
  ScheduleLine line;
  line.name = schedule.name;
  line.kind = schedule.wish.kind;
  line.cron = schedule.timing.text();
  line.zone = schedule.timing.zone().name();
  line.declared_at = schedule.declared_at;
  for (auto tick = schedule.timing.next(now); tick && line.next.size() < told; tick = schedule.timing.next(*tick)) line.next.push_back(*tick);
  return line;
}

// -------------------------------------------------------------------------------------------------------------------- the text

using Row = std::vector<std::string>;

std::string table_text(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const Row& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) line += " " + row[i] + std::string(widths[i] - row[i].size() + 1, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string or_dash(const std::optional<int>& number) { return number ? std::to_string(*number) : "-"; }

std::string words_text(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out.empty() ? "-" : out;
}

std::string handlers_text(const Report& report) {
  std::vector<Row> rows{{"KIND", "EXECUTOR", "STOPS", "QUEUE", "LIMIT", "TIMEOUT", "ATTEMPTS", "MEMORY", "TYPED", "RUNS"}};
  for (const HandlerLine& line : report.handlers)
    rows.push_back({line.kind, line.executor, line.stops, line.queue, or_dash(line.concurrency), line.timeout ? store::to_text(*line.timeout) : "-",
                    std::to_string(line.attempts), line.memory_bytes ? size_text(*line.memory_bytes) : "-", words_text(line.typed), line.runs});
  return "\nhandlers\n" + table_text(rows);
}

std::string cooperative_text(const Report& report) {
  std::string text;
  for (const HandlerLine& line : report.handlers)
    if (!line.asked_only.empty())
      text += "note: " + line.kind + ": its " + line.asked_only + " can only be asked for: the executor " + line.executor + " cannot kill a body that goes on (" +
              line.declared_at + ")\n";
  return text.empty() ? text : "\n" + text;
}

std::string queues_text(const Report& report) {
  std::vector<Row> rows{{"QUEUE", "LIMIT", "KINDS"}};
  for (const QueueLine& line : report.queues) {
    std::string kinds;
    for (const std::string& kind : line.kinds) kinds += (kinds.empty() ? "" : ", ") + kind;
    rows.push_back({line.name, or_dash(line.concurrency), kinds.empty() ? "-" : kinds});
  }
  return "\nqueues\n" + table_text(rows);
}

std::string schedules_text(const Report& report) {
  if (report.schedules.empty()) return {};
  std::vector<Row> rows{{"SCHEDULE", "KIND", "CRON", "ZONE", "NEXT"}};
  for (const ScheduleLine& line : report.schedules) {
    std::string next;
    for (const store::Timestamp tick : line.next) next += (next.empty() ? "" : ", ") + store::to_rfc3339(tick);
    rows.push_back({line.name, line.kind, line.cron, line.zone, next.empty() ? "never" : next});
  }
  return "\nschedules\n" + table_text(rows);
}

std::string counted(std::size_t count, const std::string& noun) { return std::to_string(count) + " " + noun + (count == 1 ? "" : "s"); }

std::string last_line(const Report& report) {
  if (!report.ok) return counted(report.errors.size(), "error") + ", " + counted(report.warnings.size(), "warning") + ": not usable";
  return counted(report.handlers.size(), "handler") + " in " + counted(report.files.size(), "file") + ", " + counted(report.warnings.size(), "warning") + ": ok";
}

std::string budget_text(const Report& report) {
  std::string text = "\nup to " + counted(static_cast<std::size_t>(report.concurrency), "attempt") + " at once; ";
  return text + (report.memory_bytes ? "their processes may take " + size_text(*report.memory_bytes) + " together\n" : "their memory is not limited\n");
}

// -------------------------------------------------------------------------------------------------------------------- the JSON

namespace json = boost::json;

json::array findings_json(const std::vector<Finding>& findings) {
  json::array out;
  for (const Finding& finding : findings)
    out.push_back(json::object{{"file", finding.file}, {"line", finding.line}, {"column", finding.column}, {"path", finding.path}, {"message", finding.message}});
  return out;
}

template <class Value>
void add(json::object& object, const char* name, const std::optional<Value>& value) {
  if (value) object[name] = *value;
}

json::array handlers_json(const std::vector<HandlerLine>& lines) {
  json::array out;
  for (const HandlerLine& line : lines) {
    json::object object{{"kind", line.kind}, {"executor", line.executor}, {"stops", line.stops}, {"runs", line.runs}, {"queue", line.queue}, {"attempts", line.attempts}, {"declared_at", line.declared_at}};
    add(object, "concurrency", line.concurrency);
    if (line.timeout) object["timeout"] = store::to_text(*line.timeout);
    if (!line.asked_only.empty()) object["asked_only"] = line.asked_only;
    add(object, "memory_bytes", line.memory_bytes);
    object["typed"] = json::array(line.typed.begin(), line.typed.end());
    out.push_back(std::move(object));
  }
  return out;
}

json::array texts_json(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::array queues_json(const std::vector<QueueLine>& lines) {
  json::array out;
  for (const QueueLine& line : lines) {
    json::object object{{"name", line.name}, {"kinds", texts_json(line.kinds)}};
    add(object, "concurrency", line.concurrency);
    out.push_back(std::move(object));
  }
  return out;
}

json::array schedules_json(const std::vector<ScheduleLine>& lines) {
  json::array out;
  for (const ScheduleLine& line : lines) {
    json::array next;
    for (const store::Timestamp tick : line.next) next.push_back(json::string(store::to_rfc3339(tick)));
    out.push_back(json::object{{"name", line.name}, {"kind", line.kind}, {"cron", line.cron}, {"zone", line.zone}, {"next", std::move(next)}, {"declared_at", line.declared_at}});
  }
  return out;
}

}  // namespace

Report make_report(const Loaded& loaded, store::Timestamp now) {
  Report report;
  report.ok = loaded.errors.empty();
  report.files = loaded.configuration.files;
  report.errors = loaded.errors;
  report.warnings = loaded.warnings;
  if (!report.ok) return report;
  for (const handlers::Handler& handler : loaded.configuration.handlers) report.handlers.push_back(line_of(handler));
  std::sort(report.handlers.begin(), report.handlers.end(), [](const auto& a, const auto& b) { return a.kind < b.kind; });
  report.queues = queue_lines(loaded.configuration);
  for (const auto& schedule : loaded.configuration.schedules) report.schedules.push_back(line_of(*schedule, now));
  report.concurrency = loaded.configuration.supervisor.concurrency;
  report.memory_bytes = memory_budget(loaded.configuration);
  return report;
}

std::string to_text(const Report& report) {
  std::string out;
  for (const Finding& finding : report.errors) out += "error: " + to_text(finding) + "\n";
  for (const Finding& finding : report.warnings) out += "warning: " + to_text(finding) + "\n";
  for (const std::string& file : report.files) out += "read " + file + "\n";
  if (!report.handlers.empty()) out += handlers_text(report) + cooperative_text(report) + queues_text(report) + schedules_text(report) + budget_text(report);
  return out + (report.ok && !report.handlers.empty() ? "\n" : "") + last_line(report) + "\n";
}

std::string to_json(const Report& report) {
  json::object object{{"ok", report.ok}, {"files", texts_json(report.files)}, {"concurrency", report.concurrency}};
  object["handlers"] = handlers_json(report.handlers);
  object["queues"] = queues_json(report.queues);
  object["schedules"] = schedules_json(report.schedules);
  add(object, "memory_bytes", report.memory_bytes);
  object["errors"] = findings_json(report.errors);
  object["warnings"] = findings_json(report.warnings);
  return json::serialize(object);
}

}  // namespace reeve::config

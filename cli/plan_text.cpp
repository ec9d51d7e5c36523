#include "cli/plan_text.hpp"

#include "cli/text_safety.hpp"

namespace reeve::cli {

namespace {

std::string line_of(const Object& change) {
  const bool had = change.contains("before");
  const bool has = change.contains("after");
  std::string line = had && has ? "~ " : has ? "+ " : "- ";
  line += text_in(change, "path") + ": ";
  if (had) line += text_in(change, "before");
  if (had && has) line += " -> ";
  if (has) line += text_in(change, "after");
  if (is_set_in(change, "restart")) line += "   (after a restart of the daemon)";
  return one_line(line) + "\n";
}

std::string counted(std::int64_t count, const std::string& what) { return std::to_string(count) + " " + what; }

std::string handler_lines(const Object& handlers, const char* how, const std::string& queued_ones, const std::string& running_ones) {
  std::string lines;
  for (const auto& each : array_in(handlers, how)) {
    const Object& handler = as_object(each);
    const std::int64_t queued = integer_in(handler, "queued").value_or(0) + integer_in(handler, "waiting").value_or(0);
    const std::int64_t running = integer_in(handler, "running").value_or(0);
    lines += "handler " + one_line(text_in(handler, "kind")) + " is " + how;
    if (queued > 0) lines += "; " + counted(queued, "queued or waiting ") + queued_ones;
    if (running > 0) lines += "; " + counted(running, "running ") + running_ones;
    lines += "\n";
  }
  return lines;
}

}  // namespace

std::string plan_text(const Object& answer) {
  std::string text;
  for (const auto& change : array_in(answer, "changes")) text += line_of(as_object(change));
  const Object& handlers = object_in(answer, "handlers");
  text += handler_lines(handlers, "added", "can run", "go on");
  text += handler_lines(handlers, "removed", "stay queued until a handler has the kind", "go on as they began");
  text += handler_lines(handlers, "changed", "run with the new declaration", "go on as they began");
  return text;
}

}  // namespace reeve::cli

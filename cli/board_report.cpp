#include "cli/board_report.hpp"

#include <algorithm>
#include <string_view>

#include "api/json/writer.hpp"
#include "cli/progress_bar.hpp"
#include "cli/relative_time.hpp"
#include "store/time.hpp"

namespace reeve::cli {
namespace {

using executors::scoreboard::Keeper;
using executors::scoreboard::Row;
using executors::scoreboard::State;

constexpr std::size_t bar_room = 72;             // columns of a progress line before the table makes it narrower
constexpr store::Millis usual_silence{5'000};    // a loop that runs beats each second

store::Millis since(std::uint64_t then, std::uint64_t now) { return store::Millis{now > then ? (now - then) / 1'000'000 : 0}; }

store::Timestamp moment_of(std::uint64_t boot, const SeenBoard& board) {
  return store::Timestamp{store::Millis{(static_cast<std::int64_t>(boot) + board.sight.wall_minus_boot) / 1'000'000}};
}

std::string_view word(State state) {
  switch (state) {
    case State::free: return "free";
    case State::starting: return "starting";
    case State::running: return "running";
    case State::idle: return "idle";
    case State::stopping: return "stopping";
  }
  return "unknown";
}

std::string_view word(Keeper keeper) {
  switch (keeper) {
    case Keeper::alive: return "alive";
    case Keeper::stopped: return "stopped";
    case Keeper::gone: return "gone";
  }
  return "unknown";
}

Tone tone(State state) {
  if (state == State::running) return Tone::strong;
  if (state == State::stopping) return Tone::warn;
  return state == State::idle ? Tone::faint : Tone::plain;
}

bool does_not_beat(const SeenBoard& board) {
  const auto works = [](const Row& row) { return row.state != State::idle; };
  return since(board.sight.heartbeat, board.now) > usual_silence && std::any_of(board.sight.rows.begin(), board.sight.rows.end(), works);
}

std::string warning(const SeenBoard& board) {
  if (board.keeper == Keeper::gone) return "the daemon is gone; this is what it left behind";
  if (board.keeper == Keeper::stopped) return "the daemon is stopped by a signal or a debugger; kill -CONT " + std::to_string(board.sight.pid) + " lets it go on";
  if (does_not_beat(board)) return "the daemon lives, but its loop has not run for " + short_span(since(board.sight.heartbeat, board.now));
  if (board.sight.cut_short) return "the file ends before its last slot; somebody has cut it";
  return {};
}

Cell when(std::uint64_t then, const SeenBoard& board) {
  return {short_span(since(then, board.now)), Tone::plain, store::to_rfc3339(moment_of(then, board))};
}

Cell number(std::int64_t value) { return {value > 0 ? std::to_string(value) : "", Tone::plain, {}}; }

Cell progress(const Row& row) {
  if (!row.percent) return {row.label, Tone::plain, ""};
  return {progress_line({*row.percent, {}, {}, row.label}, bar_room), Tone::plain, plain_number(*row.percent)};
}

std::string note(const Row& row) {
  std::string text = row.stopping ? "stopping: " + std::string(executors::name(*row.stopping)) : std::string();
  if (row.torn) text += std::string(text.empty() ? "" : "; ") + "torn: it was being written";
  return text;
}

void write_row(api::JsonWriter& json, const Row& row, const SeenBoard& board) {
  json.open_object().member("slot", static_cast<std::int64_t>(row.slot)).member("state", word(row.state)).member("executor", row.executor);
  json.member("kind", row.kind);
  if (row.task > 0) json.member("task", row.task).member("epoch", row.epoch).member("attempt", row.attempt);
  if (row.pid > 0) json.member("pid", row.pid);
  json.member("since", moment_of(row.started, board)).member("age_ms", std::int64_t{since(row.started, board.now).count()});
  json.member("last_sign_at", moment_of(row.last_sign, board)).member("silent_ms", std::int64_t{since(row.last_sign, board.now).count()});
  json.member("percent", row.percent).text_member("label", row.label);
  if (row.stopping) json.member("stopping", executors::name(*row.stopping));
  if (row.page > 0) json.member("page", static_cast<std::int64_t>(row.page));
  if (row.torn) json.member("torn", true);
  json.close_object();
}

}  // namespace

std::string headline(const SeenBoard& board, bool colour) {
  const Tone tones[] = {Tone::good, Tone::warn, Tone::bad};
  std::string line = "reeve " + std::to_string(board.sight.pid) + " " + toned(word(board.keeper), tones[static_cast<int>(board.keeper)], colour) +
                     "  heartbeat " + short_span(since(board.sight.heartbeat, board.now)) + " ago";
  if (board.keeper != Keeper::gone) line += "  up " + short_span(since(board.sight.started, board.now));
  line += "  " + std::to_string(board.sight.rows.size()) + " of " + std::to_string(board.sight.slots) + " slots";
  const std::string wrong = warning(board);
  return wrong.empty() ? line : line + "\n" + toned("! " + wrong, Tone::warn, colour);
}

Table slot_table(const SeenBoard& board) {
  Table table({{"STATE", false, false}, {"KIND", false, true}, {"TASK", true, false}, {"TRY", true, false}, {"PID", true, false}, {"AGE", true, false},
               {"SIGN", true, false}, {"PROGRESS", false, true}, {"NOTE", false, true}});
  for (const Row& row : board.sight.rows)
    table.add({{std::string(word(row.state)), tone(row.state), {}}, {row.kind, Tone::plain, {}}, number(row.task), number(row.attempt), number(row.pid),   // braces-ok: a list
               when(row.started, board), when(row.last_sign, board), progress(row), {note(row), Tone::warn, {}}});
  return table;
}

std::string board_json(const SeenBoard& board, const std::string& path) {
  api::JsonWriter json;
  json.open_object().member("board", path).member("pid", board.sight.pid).member("daemon", word(board.keeper));
  json.member("started_at", moment_of(board.sight.started, board)).member("heartbeat_at", moment_of(board.sight.heartbeat, board));
  json.member("heartbeat_ms", std::int64_t{since(board.sight.heartbeat, board.now).count()}).text_member("warning", warning(board));
  json.member("slots", static_cast<std::int64_t>(board.sight.slots)).key("rows").open_array();
  for (const Row& row : board.sight.rows) write_row(json, row, board);
  json.close_array().close_object();
  return std::move(json).text();
}

}  // namespace reeve::cli

#include "cli/board_report.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <sstream>
#include <string>

using namespace reeve::cli;
using reeve::executors::StopReason;
using reeve::executors::scoreboard::Keeper;
using reeve::executors::scoreboard::Row;
using reeve::executors::scoreboard::State;

namespace {

constexpr std::uint64_t second = 1'000'000'000;

Row running() {
  Row row;
  row.slot = 3;
  row.state = State::running;
  row.executor = "process";
  row.kind = "report.generate";
  row.task = 42;
  row.epoch = 7;
  row.attempt = 2;
  row.pid = 4711;
  row.started = 400 * second;
  row.last_sign = 498 * second;
  row.percent = 50;
  row.label = "encoding";
  return row;
}

SeenBoard board_with(std::vector<Row> rows) {
  SeenBoard board;
  board.sight.pid = 1234;
  board.sight.started = 100 * second;
  board.sight.heartbeat = 499 * second;
  board.sight.wall_minus_boot = static_cast<std::int64_t>(1'000'000 * second);
  board.sight.slots = 256;
  board.sight.rows = std::move(rows);
  board.keeper = Keeper::alive;
  board.now = 500 * second;
  return board;
}

std::string shown(const SeenBoard& board, Paper paper) {
  std::ostringstream out;
  slot_table(board).print(out, paper);
  return out.str();
}

}  // namespace

TEST_CASE("the headline tells of the daemon and how busy the board is", "[top]") {
  CHECK(headline(board_with({running()}), false) == "reeve 1234 alive  heartbeat 1s ago  up 6m40s  1 of 256 slots");
}

TEST_CASE("a daemon that is stopped, gone or hangs is called so", "[top]") {
  SeenBoard board = board_with({running()});
  board.keeper = Keeper::stopped;
  CHECK(headline(board, false).find("reeve 1234 stopped") == 0);
  CHECK(headline(board, false).find("kill -CONT 1234") != std::string::npos);
  board.keeper = Keeper::gone;
  CHECK(headline(board, false).find("\n! the daemon is gone") != std::string::npos);
  CHECK(headline(board, false).find("  up ") == std::string::npos);
  board.keeper = Keeper::alive;
  board.sight.heartbeat = 480 * second;
  CHECK(headline(board, false).find("its loop has not run for 20s") != std::string::npos);
}

TEST_CASE("a daemon with nothing to do need not beat", "[top]") {
  Row idle = running();
  idle.state = State::idle;
  SeenBoard board = board_with({idle});
  board.sight.heartbeat = 100 * second;
  CHECK(headline(board, false).find('!') == std::string::npos);
}

TEST_CASE("people see ages and a bar, programs moments and numbers", "[top]") {
  const SeenBoard board = board_with({running()});
  const std::string for_people = shown(board, {.terminal = true, .width = 140, .colour = false});
  CHECK(for_people.find("running  report.generate    42    2  4711  1m40s    2s  [############............]  50% encoding") != std::string::npos);
  CHECK(shown(board, {}) == "running\treport.generate\t42\t2\t4711\t1970-01-12T13:53:20.000Z\t1970-01-12T13:54:58.000Z\t50\t\n");
}

TEST_CASE("a row says why it stops and that it is torn", "[top]") {
  Row row = running();
  row.state = State::stopping;
  row.stopping = StopReason::timeout;
  row.torn = true;
  CHECK(shown(board_with({row}), {}).find("\tstopping: timeout; torn: it was being written\n") != std::string::npos);
}

TEST_CASE("what a body called its progress cannot move the cursor", "[top]") {
  Row row = running();
  row.label = "a\x1b[2J\nb";
  const std::string text = shown(board_with({row}), {.terminal = true, .width = 200, .colour = false});
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("the board as JSON leaves out what is not known", "[top]") {
  Row worker;
  worker.state = State::idle;
  worker.executor = "worker";
  worker.kind = "image.resize";
  worker.pid = 9;
  worker.started = worker.last_sign = 500 * second;
  const auto json = boost::json::parse(board_json(board_with({running(), worker}), "/run/reeve/reeve.sock.scoreboard")).as_object();
  CHECK(json.at("daemon") == "alive");
  CHECK(json.at("heartbeat_ms") == 1000);
  CHECK_FALSE(json.contains("warning"));
  const auto& first = json.at("rows").at(0).as_object();
  CHECK(first.at("task") == 42);
  CHECK(first.at("silent_ms") == 2000);
  CHECK(first.at("percent").to_number<double>() == 50);
  const auto& second_row = json.at("rows").at(1).as_object();
  CHECK_FALSE(second_row.contains("task"));
  CHECK_FALSE(second_row.contains("percent"));
}

// The board: its bytes, its seats, and those who read it whatever happens to its writer.
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <random>
#include <thread>
#include <vector>

#include "executors/scoreboard/board.hpp"
#include "executors/scoreboard/boot_time.hpp"
#include "executors/scoreboard/scoreboard.hpp"
#include "executors/scoreboard/view.hpp"
#include "tests/unit/executors/scoreboard_folder.hpp"

using namespace reeve::executors;
using namespace reeve::executors::scoreboard;
using namespace reeve::executors::testing;

namespace {

Execution attempt(std::int64_t task, const std::string& kind = "report.generate") {
  Execution execution;
  execution.task = task;
  execution.epoch = task;
  execution.attempt = static_cast<int>(task % 1'000);
  execution.kind = kind;
  return execution;
}

Sight sight_of(const std::string& path) {
  auto read = read_board(path);
  REQUIRE(std::holds_alternative<Sight>(read));
  return std::get<Sight>(std::move(read));
}

ProgressReport percent(double value, std::string label = {}) {
  ProgressReport report;
  report.percent = value;
  report.label = std::move(label);
  return report;
}

// Task, epoch and the rest say the same number: a row that mixes two writes says two.
bool is_whole(const Row& row) {
  if (row.state != State::running || row.task == 0) return true;   // between two tasks
  return row.epoch == row.task && row.attempt == row.task % 1'000 && row.kind == "k" + std::to_string(row.task);
}

[[noreturn]] void write_for_ever(const std::string& path) {
  Board board(path, 4);
  Seat seat = board.seat("process", "k");
  seat.born(1);
  for (std::int64_t task = 1;; ++task) seat.takes(attempt(task, "k" + std::to_string(task)));
}

}  // namespace

TEST_CASE("the file has the documented bytes at the documented places", "[scoreboard]") {
  ScratchFolder folder;
  Board board(folder / "board", 8);
  REQUIRE(board.kept());
  Seat first = board.seat("process", "report.generate");
  Seat seat = board.seat("process", "report.generate");
  seat.takes(attempt(42));
  seat.has_page(7);
  seat.born(4711);
  seat.progress(percent(12.5, "encoding"));
  seat.stopping(StopReason::stalled);

  const std::string bytes = bytes_of(folder / "board");
  REQUIRE(bytes.size() == 128 + 8 * 256);
  CHECK(bytes.substr(0, 8) == "REEVESB1");
  CHECK(word_at(bytes, 8) == 1);
  CHECK(word_at(bytes, 16) == 8);
  CHECK(word_at(bytes, 24) == 256);
  CHECK(word_at(bytes, 32) == static_cast<std::uint64_t>(::getpid()));
  CHECK(word_at(bytes, 40) <= boot_time());
  CHECK(word_at(bytes, 56) >= word_at(bytes, 40));
  CHECK(text_at(bytes, 64, 40).size() == 36);

  const std::size_t slot = 128 + 256;
  CHECK(word_at(bytes, slot) % 2 == 0);
  CHECK(word_at(bytes, slot + 8) == 4);
  CHECK(word_at(bytes, slot + 16) == 4711);
  CHECK(word_at(bytes, slot + 24) == 42);
  CHECK(word_at(bytes, slot + 32) == 42);
  CHECK(word_at(bytes, slot + 40) == 42);
  CHECK(word_at(bytes, slot + 56) >= word_at(bytes, slot + 48));
  CHECK(word_at(bytes, slot + 64) == 12'500);
  CHECK(word_at(bytes, slot + 72) == 3);
  CHECK(word_at(bytes, slot + 80) == 7);
  CHECK(text_at(bytes, slot + 88, 16) == "process");
  CHECK(text_at(bytes, slot + 104, 128) == "report.generate");
  CHECK(text_at(bytes, slot + 232, 24) == "encoding");
}

TEST_CASE("a seat goes through the states of its body", "[scoreboard]") {
  ScratchFolder folder;
  Board board(folder / "board", 4);
  const auto state = [&] { return sight_of(folder / "board").rows.at(0).state; };
  Seat seat = board.seat("worker", "image.resize");
  CHECK(state() == State::starting);
  seat.born(9);
  CHECK(state() == State::idle);
  seat.takes(attempt(5, "image.resize"));
  CHECK(state() == State::running);
  seat.stopping(StopReason::cancel);
  seat.stopping(StopReason::timeout);
  CHECK(state() == State::stopping);
  CHECK(sight_of(folder / "board").rows.at(0).stopping == StopReason::cancel);
  seat.is_idle();
  CHECK(state() == State::idle);
  CHECK_FALSE(sight_of(folder / "board").rows.at(0).stopping);
  CHECK(sight_of(folder / "board").rows.at(0).task == 0);
}

TEST_CASE("progress never goes back within a task and begins anew with the next", "[scoreboard]") {
  ScratchFolder folder;
  Board board(folder / "board", 4);
  Seat seat = board.seat("process", "k");
  const auto shown = [&] { return sight_of(folder / "board").rows.at(0).percent; };
  seat.takes(attempt(1));
  CHECK_FALSE(shown());
  seat.progress(percent(60));
  seat.progress(percent(20));
  CHECK(shown() == 60.0);
  ProgressReport amounts;
  amounts.current = 9;
  amounts.total = 10;
  seat.progress(amounts);
  CHECK(shown() == 90.0);
  seat.takes(attempt(2));
  CHECK_FALSE(shown());
}

TEST_CASE("when the slots run out a seat is not shown, and a slot that is left is taken again", "[scoreboard]") {
  ScratchFolder folder;
  Board board(folder / "board", 2);
  Seat one = board.seat("process", "one");
  {
    Seat two = board.seat("process", "two");
    Seat three = board.seat("process", "three");
    CHECK(two.shown());
    CHECK_FALSE(three.shown());
    three.takes(attempt(3));
    three.born(3);
    three.progress(percent(3));
    three.stopping(StopReason::cancel);
    CHECK(sight_of(folder / "board").rows.size() == 2);
    Seat moved = std::move(two);
    CHECK(moved.shown());
    CHECK_FALSE(two.shown());
  }
  CHECK(sight_of(folder / "board").rows.size() == 1);
  Seat four = board.seat("process", "four");
  CHECK(four.shown());
  CHECK(sight_of(folder / "board").rows.at(1).kind == "four");
}

TEST_CASE("texts that are too long are cut at a character", "[scoreboard]") {
  ScratchFolder folder;
  Board board(folder / "board", 2);
  std::string kind(127, 'k');
  Seat seat = board.seat("an executor with a long name", kind + "é");
  seat.progress(percent(1, std::string(22, 'l') + "€"));
  const Row row = sight_of(folder / "board").rows.at(0);
  CHECK(row.kind == kind);
  CHECK(row.executor == "an executor with");
  CHECK(row.label == std::string(22, 'l'));
}

TEST_CASE("many readers never see a mixture of two writes", "[scoreboard][stress]") {
  ScratchFolder folder;
  Board board(folder / "board", 4);
  Seat seat = board.seat("process", "k");
  seat.born(1);
  std::atomic<bool> over = false;
  std::atomic<int> mixed = 0, settled = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!over) {
        const auto read = read_board(folder / "board");
        for (const Row& row : std::get<Sight>(read).rows) {
          if (row.torn) continue;
          ++settled;
          if (!is_whole(row)) ++mixed;
        }
      }
    });
  for (std::int64_t task = 1; task <= 300'000 || settled == 0; ++task) {
    seat.takes(attempt(task, "k" + std::to_string(task)));
    if (task % 64 == 0) std::this_thread::yield();
  }
  over = true;
  for (auto& reader : readers) reader.join();
  CHECK(settled > 0);
  CHECK(mixed == 0);
}

TEST_CASE("a board is readable after its writer was killed at any moment", "[scoreboard][stress]") {
  ScratchFolder folder;
  std::mt19937 chance(1);
  int rows = 0;
  for (int round = 0; round < 60; ++round) {
    const std::string path = folder / ("board-" + std::to_string(round));
    const pid_t writer = ::fork();
    if (writer == 0) write_for_ever(path);
    while (std::holds_alternative<NoBoard>(read_board(path))) std::this_thread::yield();
    const std::uint64_t until = boot_time() + std::uniform_int_distribution<std::uint64_t>(0, 3'000'000)(chance);
    while (boot_time() < until) std::this_thread::yield();
    CHECK(keeper_of(sight_of(path)) == Keeper::alive);
    ::kill(writer, SIGKILL);
    REQUIRE(::waitpid(writer, nullptr, 0) == writer);
    const Sight sight = sight_of(path);
    CHECK(keeper_of(sight) == Keeper::gone);
    for (const Row& row : sight.rows) {
      ++rows;
      if (!row.torn) CHECK(is_whole(row));
    }
  }
  CHECK(rows > 0);
}

TEST_CASE("a slot that its writer left half written is shown as torn", "[scoreboard]") {
  ScratchFolder folder;
  const std::string copy = folder / "copy";
  {
    Board board(folder / "board", 3);
    Seat seat = board.seat("process", "k");
    seat.takes(attempt(5));
    std::ofstream(copy, std::ios::binary) << bytes_of(folder / "board");
  }
  write_word(copy, 128, word_at(bytes_of(copy), 128) + 1);
  const Sight sight = sight_of(copy);
  REQUIRE(sight.rows.size() == 1);
  CHECK(sight.rows[0].torn);
  CHECK(sight.rows[0].task == 5);
}

TEST_CASE("files that are no boards say why and harm nobody", "[scoreboard][hostile]") {
  ScratchFolder folder;
  const std::string path = folder / "board";
  CHECK(std::holds_alternative<NoBoard>(read_board(path)));
  CHECK(std::holds_alternative<NoBoard>(read_board("/dev/null/board")));
  CHECK(std::holds_alternative<Unreadable>(read_board("/dev/zero")));
  CHECK(std::holds_alternative<Unreadable>(read_board(folder / ".")));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(std::holds_alternative<Unreadable>(read_board(folder / "pipe")));
  std::string good;
  {
    Board board(path, 4);
    Seat seat = board.seat("process", "k");
    seat.takes(attempt(5));
    good = bytes_of(path);
  }
  const auto verdict = [&](const std::string& bytes) {
    std::ofstream(folder / "other", std::ios::binary | std::ios::trunc) << bytes;
    return read_board(folder / "other");
  };
  for (std::size_t length : {0u, 7u, 127u}) CHECK(std::holds_alternative<Unreadable>(verdict(good.substr(0, length))));
  for (std::size_t length : {128u, 200u, 383u}) CHECK(std::get<Sight>(verdict(good.substr(0, length))).rows.empty());
  CHECK(std::get<Sight>(verdict(good.substr(0, 400))).cut_short);
  CHECK(std::get<Sight>(verdict(good.substr(0, 400))).rows.size() == 1);

  const auto with_word = [&](std::size_t at, std::uint64_t word) {
    std::string bytes = good;
    std::memcpy(bytes.data() + at, &word, sizeof word);
    return bytes;
  };
  CHECK(std::get<Unreadable>(verdict(with_word(8, 2))).message.find("layout version 2") != std::string::npos);
  for (std::uint64_t size : {std::uint64_t{0}, std::uint64_t{8}, std::uint64_t{257}, ~std::uint64_t{0}})
    CHECK(std::holds_alternative<Unreadable>(verdict(with_word(24, size))));
  CHECK(std::get<Sight>(verdict(with_word(16, ~std::uint64_t{0}))).rows.size() == 1);
  CHECK(std::get<Sight>(verdict(with_word(128 + 8, 99))).rows.empty());
  const auto odd_texts = std::get<Sight>(verdict(with_word(128 + 104, 0xFFFFFFFFFFFFFFFF)));
  CHECK(odd_texts.rows.at(0).kind.find("\xEF\xBF\xBD") == 0);
}

TEST_CASE("no garbage in a file crashes its reader", "[scoreboard][hostile]") {
  ScratchFolder folder;
  std::string good;
  {
    Board board(folder / "board", 4);
    Seat seat = board.seat("process", "k");
    seat.takes(attempt(5));
    good = bytes_of(folder / "board");
  }
  std::mt19937 chance(2);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes = good.substr(0, std::uniform_int_distribution<std::size_t>(0, good.size())(chance));
    for (int hits = 0; hits < 20 && !bytes.empty(); ++hits) bytes[chance() % bytes.size()] = static_cast<char>(chance());
    if (round % 2 == 0 && bytes.size() > 32) std::memcpy(bytes.data(), good.data(), 32);   // into its slots
    std::ofstream(folder / "other", std::ios::binary | std::ios::trunc) << bytes;
    const auto read = read_board(folder / "other");
    if (const auto* sight = std::get_if<Sight>(&read)) CHECK(sight->rows.size() <= 4);
  }
}

TEST_CASE("a reader survives that the file is shortened while it reads", "[scoreboard][hostile][stress]") {
  ScratchFolder folder;
  const std::string path = folder / "board";
  std::string good;
  {
    Board board(path, 64);
    good = bytes_of(path);
  }
  std::ofstream(path, std::ios::binary) << good;
  std::atomic<bool> over = false;
  std::thread vandal([&] {
    while (!over) {
      std::filesystem::resize_file(path, 0);
      std::ofstream(path, std::ios::binary | std::ios::in) << good;
    }
  });
  for (int round = 0; round < 3'000; ++round) (void)read_board(path);
  over = true;
  vandal.join();
  SUCCEED("nobody was ended by a signal");
}

TEST_CASE("a board that cannot be had says why, and its seats do nothing", "[scoreboard]") {
  ScratchFolder folder;
  std::ofstream(folder / "file") << "x";
  const std::string paths[] = {folder / "file" + "/board", folder / "missing" + "/board", "/proc/board"};
  const std::string path = paths[GENERATE(0, 1, 2)];
  Board board(path, 4);
  CHECK_FALSE(board.kept());
  CHECK(board.why().find("no scoreboard: ") == 0);
  CHECK(board.why().find(path) != std::string::npos);
  Seat seat = board.seat("process", "k");
  CHECK_FALSE(seat.shown());
  seat.takes(attempt(1));
  board.beat();
}

TEST_CASE("a second daemon with the same path has no scoreboard, and leaves the first one's alone", "[scoreboard]") {
  ScratchFolder folder;
  const std::string path = folder / "reeve.sock.scoreboard";
  {
    Scoreboard first(path, 4);
    REQUIRE(first.kept());
    PageLease page = first.page(ourselves());
    {
      Scoreboard second(path, 4);
      CHECK_FALSE(second.kept());
      CHECK(second.why().find("in use by another daemon") != std::string::npos);
      CHECK_FALSE(second.page(ourselves()));
    }
    CHECK(std::filesystem::exists(page.path()));
    CHECK(sight_of(path).pid == ::getpid());
  }
  CHECK(folder.empty());
}

TEST_CASE("what a dead daemon left is replaced whole", "[scoreboard]") {
  ScratchFolder folder;
  const std::string path = folder / "board";
  std::filesystem::create_directory(pages_of(path));
  for (const char* left : {"1", "17", "keep"}) std::ofstream(pages_of(path) + "/" + left) << "old";
  std::ofstream(path) << "old";
  std::ofstream(path + ".new") << "old";
  Scoreboard scoreboard(path, 4);
  CHECK(scoreboard.kept());
  CHECK(sight_of(path).rows.empty());
  CHECK_FALSE(std::filesystem::exists(pages_of(path) + "/17"));
  CHECK(std::filesystem::exists(pages_of(path) + "/keep"));
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_CASE("the keeper of a board is known by more than its pid", "[scoreboard]") {
  ScratchFolder folder;
  Board board(folder / "board", 1);
  const Sight ours = sight_of(folder / "board");
  CHECK(keeper_of(ours) == Keeper::alive);
  Sight recycled = ours;
  recycled.started = 1;   // made long before this process began
  CHECK(keeper_of(recycled) == Keeper::gone);
  Sight other_boot = ours;
  other_boot.boot_id[0] = other_boot.boot_id[0] == '0' ? '1' : '0';
  CHECK(keeper_of(other_boot) == Keeper::gone);
  for (const std::int64_t pid : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
    Sight nobody = ours;
    nobody.pid = pid;
    CHECK(keeper_of(nobody) == Keeper::gone);
  }
}

TEST_CASE("the board beats when the loop does", "[scoreboard]") {
  ScratchFolder folder;
  Board board(folder / "board", 1);
  const auto before = sight_of(folder / "board").heartbeat;
  board.beat();
  CHECK(sight_of(folder / "board").heartbeat > before);
}

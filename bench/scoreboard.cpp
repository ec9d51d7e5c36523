// What it costs to be seen: changes of a seat on the board, pages for bodies, looks at them, and a reader's look at the whole board.
//
//   bench_scoreboard --folder /run/reeve-bench --seconds 1
//
// Prints one line of JSON: nanoseconds of each, and what the machine needs for the bare system call or clock behind it.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "bench/figures.hpp"
#include "executors/scoreboard/boot_time.hpp"
#include "executors/scoreboard/presence.hpp"
#include "executors/scoreboard/view.hpp"

namespace {

namespace scoreboard = reeve::executors::scoreboard;

// Nanoseconds of one call.
template <class Work>
double cost_of(double seconds, Work work) {
  std::int64_t count = 0;
  const std::int64_t begin = bench::now_ns(), end = begin + static_cast<std::int64_t>(seconds * 1e9);
  std::int64_t now = begin;
  for (; now < end; now = bench::now_ns())
    for (int i = 0; i < 64; ++i, ++count) work();
  return static_cast<double>(now - begin) / static_cast<double>(count);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const double each = arguments.seconds() / 8;
  std::string folder = arguments.text("--folder", std::filesystem::temp_directory_path()) + "/reeve-scoreboard-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return std::perror(folder.c_str()), 1;
  {
    const auto board = std::make_shared<scoreboard::Scoreboard>(folder + "/board", 64);
    if (!board->kept()) return std::fprintf(stderr, "scoreboard: %s\n", board->why().c_str()), 1;
    scoreboard::Seat seat = board->board().seat("process", "report.generate");
    seat.born(1);
    reeve::executors::ProgressReport report;
    report.percent = 40;
    report.label = "encoding";
    scoreboard::PageLease page = board->page(scoreboard::ourselves());
    const int file = ::open(page.path().c_str(), O_RDWR | O_CLOEXEC);
    char bytes[168];
    volatile std::uint64_t sink = 0;

    const double clock = cost_of(each, [&] { sink = scoreboard::boot_time(); });
    const double sign = cost_of(each, [&] { seat.alive(); });
    const double progress = cost_of(each, [&] { seat.progress(report); });
    const double raw_read = cost_of(each, [&] { sink = static_cast<std::uint64_t>(::pread(file, bytes, sizeof bytes, 64)); });
    const double look = cost_of(each, [&] { sink = page.look().beats; });
    const double body = cost_of(each, [&] {
      scoreboard::Presence presence(board, "process", "report.generate");
      sink = presence.open_page(scoreboard::ourselves()).size();
      presence.born(2);
    });
    const double sight = cost_of(each, [&] { sink = std::get<scoreboard::Sight>(scoreboard::read_board(folder + "/board")).rows.size(); });
    ::close(file);
    std::printf("{\"clock_ns\":%.1f,\"sign_ns\":%.1f,\"progress_ns\":%.1f,\"pread_ns\":%.1f,\"look_ns\":%.1f,\"body_ns\":%.1f,\"sight_ns\":%.1f}\n", clock,
                sign, progress, raw_read, look, body, sight);
  }
  std::filesystem::remove_all(folder);
}

// How many children this machine can start and reap, with nothing else around it: posix_spawn of /bin/true and waitpid, N in flight.
//
//   raw_spawn --in-flight 16 --seconds 3
//
// Prints one line of JSON; the percentiles are those of a child's life, from the call of posix_spawn to its reaping.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <unordered_map>

#include "bench/figures.hpp"

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const auto in_flight = static_cast<std::size_t>(arguments.figure("--in-flight", 16));
  std::string program = arguments.text("--program", "/bin/true");
  char* const child_argv[] = {program.data(), nullptr};
  char* const child_environment[] = {nullptr};
  std::unordered_map<pid_t, std::int64_t> begun;
  bench::Samples samples;
  const std::int64_t begin = bench::now_ns(), end = begin + static_cast<std::int64_t>(arguments.seconds() * 1e9);
  while (bench::now_ns() < end || !begun.empty()) {
    while (begun.size() < in_flight && bench::now_ns() < end) {
      pid_t child = 0;
      const std::int64_t at = bench::now_ns();
      if (const int error = posix_spawn(&child, program.c_str(), nullptr, nullptr, child_argv, child_environment); error != 0) {
        std::fprintf(stderr, "raw_spawn: %s: %s\n", program.c_str(), std::strerror(error));
        return 1;
      }
      begun[child] = at;
    }
    const pid_t ended = waitpid(-1, nullptr, 0);
    if (const auto found = begun.find(ended); found != begun.end()) {
      samples.add(bench::now_ns() - found->second);
      begun.erase(found);
    }
  }
  bench::tell(samples.count(), bench::now_ns() - begin, samples);
}

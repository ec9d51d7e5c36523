#include "executors/process/pipes.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace reeve::executors::process {
namespace {

bool open_pipe(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pipe = Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && lift(pipe.theirs);   // ours alone: the body expects to block
}

bool open_socket(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  pipe = Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && lift(pipe.theirs);
}

SpawnFailed failed(const char* step) {
  const int number = errno;
  return {step, number, std::string(step) + ": " + std::generic_category().message(number)};
}

}  // namespace

bool lift(Descriptor& descriptor) {
  if (descriptor.get() > 3) return true;
  const int higher = ::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 10);
  if (higher < 0) return false;
  descriptor = Descriptor(higher);
  return true;
}

std::variant<Pipes, SpawnFailed> open_pipes() {
  Pipes pipes;
  if (!open_pipe(pipes.out)) return failed("stdout");
  if (!open_pipe(pipes.err)) return failed("stderr");
  if (!open_socket(pipes.talk)) return failed("protocol");
  return pipes;
}

}  // namespace reeve::executors::process

#include "executors/process/payload.hpp"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string_view>
#include <system_error>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace reeve::executors::process {
namespace {

SpawnFailed failed(std::string step, int number, const std::string& what) {
  return {std::move(step), number, what + ": " + std::generic_category().message(number)};
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

int memory_file() {
  const int fd = ::memfd_create("payload", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
  if (fd >= 0 || errno != EINVAL) return fd;
  return ::memfd_create("payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);   // a kernel before 6.3
}

// Whatever the handler does, this much fits into an empty pipe: the usual payload costs no file.
std::variant<Input, SpawnFailed> in_pipe(std::string_view payload) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed("stdin", errno, "no pipe for the payload");
  Input input{Descriptor(ends[0]), {}};
  const Descriptor write_end(ends[1]);
  if (!write_all(write_end.get(), payload)) return failed("stdin", errno, "the payload does not fit into a pipe");
  return input;
}

std::variant<Input, SpawnFailed> on_stdin(std::string_view payload) {
  if (payload.size() <= PIPE_BUF) return in_pipe(payload);
  Input input{Descriptor(memory_file()), {}};
  if (!input.in) return failed("stdin", errno, "no memory file for the payload");
  const int fd = input.in.get();
  if (!write_all(fd, payload) || ::lseek(fd, 0, SEEK_SET) != 0) return failed("stdin", errno, "the payload does not fit into memory");
  if (::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return failed("stdin", errno, "the payload cannot be sealed");
  return input;
}

std::variant<Input, SpawnFailed> nothing() {
  Input input{Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)), {}};
  if (!input.in) return failed("stdin", errno, "/dev/null");
  return input;
}

std::variant<Input, SpawnFailed> in_file(const Execution& execution, const std::string& folder, const std::optional<Credentials>& owner) {
  if (folder.empty()) return SpawnFailed{"payload_file", ENOENT, "payload: file needs a folder for payload files; use payload: stdin"};
  auto input = nothing();
  auto* made = std::get_if<Input>(&input);
  if (made == nullptr) return input;
  PrivateFile file(folder + "/" + std::to_string(execution.task) + "-" + std::to_string(execution.epoch) + ".payload");
  ::unlink(file.path().c_str());   // of an incarnation that died
  const Descriptor fd(::open(file.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400));
  if (!fd) return failed("payload_file", errno, file.path());
  if (!write_all(fd.get(), execution.payload)) return failed("payload_file", errno, file.path());
  if (owner && ::fchown(fd.get(), owner->uid, owner->gid) != 0) return failed("payload_file", errno, file.path());
  made->file = std::move(file);
  return input;
}

}  // namespace

PrivateFile::~PrivateFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::variant<Input, SpawnFailed> prepare_input(const Execution& execution, PayloadBy by, const std::string& folder,
                                               const std::optional<Credentials>& owner) {
  if (by == PayloadBy::file) return in_file(execution, folder, owner);
  if (by == PayloadBy::none || execution.payload.empty()) return nothing();
  return on_stdin(execution.payload);
}

}  // namespace reeve::executors::process

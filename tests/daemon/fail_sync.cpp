// A disk that fails: preloaded, every fsync and fdatasync answers EIO while the file named by FAIL_SYNC_WHILE exists.
#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

using Sync = int (*)(int);

int sync_or_fail(const char* name, int fd) {
  const char* while_exists = std::getenv("FAIL_SYNC_WHILE");
  if (while_exists != nullptr && access(while_exists, F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  return reinterpret_cast<Sync>(dlsym(RTLD_NEXT, name))(fd);
}

}  // namespace

extern "C" int fsync(int fd) { return sync_or_fail("fsync", fd); }
extern "C" int fdatasync(int fd) { return sync_or_fail("fdatasync", fd); }

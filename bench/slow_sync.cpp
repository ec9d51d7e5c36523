// A disk that takes its time: preloaded, it delays every fsync and fdatasync by BENCH_FSYNC_DELAY_US microseconds.
#include <dlfcn.h>

#include <cstdlib>
#include <ctime>

namespace {

using Sync = int (*)(int);

void delay() {
  static const long microseconds = [] {
    const char* text = std::getenv("BENCH_FSYNC_DELAY_US");
    return text ? std::atol(text) : 0;
  }();
  timespec pause{microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
  nanosleep(&pause, nullptr);
}

int real(const char* name, int fd) {
  delay();
  return reinterpret_cast<Sync>(dlsym(RTLD_NEXT, name))(fd);
}

}  // namespace

extern "C" int fsync(int fd) { return real("fsync", fd); }
extern "C" int fdatasync(int fd) { return real("fdatasync", fd); }

#include "executors/scoreboard/board.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "executors/process/descriptor.hpp"
#include "executors/process/proc.hpp"
#include "executors/scoreboard/boot_time.hpp"

namespace reeve::executors::scoreboard {
namespace {

using Word = std::atomic_ref<std::uint64_t>;
static_assert(Word::is_always_lock_free && Word::required_alignment == alignof(std::uint64_t));

constexpr std::size_t words_in_slot = sizeof(Slot) / sizeof(std::uint64_t);

// Readable for whoever may use the socket; writable for nobody, since a file that is shortened under a mapping ends the process.
constexpr mode_t board_mode = 0440;

[[noreturn]] void fail(const std::string& what, int number) { throw std::runtime_error(what + ": " + std::generic_category().message(number)); }

std::string boot_id() {
  const std::string text = process::read_file("/proc/sys/kernel/random/boot_id");
  return text.substr(0, text.find('\n'));
}

// A file under a name of its own, with all its bytes allocated: a full disk is met here and not by a store into the mapping.
void allocate(const std::string& file, std::size_t bytes) {
  ::unlink(file.c_str());
  const process::Descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) fail(file, errno);
  if (const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes)); error != 0) fail(file, error);
}

}  // namespace

// ----------------------------------------------------------------------------------------------------------------- board

Board::Board(std::string path, std::size_t slots) : path_(std::move(path)) {
  if (path_.empty()) {
    why_ = "not asked for";
    return;
  }
  try {
    make(slots);
    why_ = path_;
  } catch (const std::exception& error) {
    region_ = {};
    free_.clear();
    ::unlink((path_ + ".new").c_str());
    why_ = std::string("no scoreboard: ") + error.what();
  }
}

Board::~Board() {
  if (kept()) ::unlink(path_.c_str());
}

void Board::make(std::size_t slots) {
  namespace ipc = boost::interprocess;
  const std::string fresh = path_ + ".new";
  allocate(fresh, board_bytes(slots));
  const ipc::file_mapping file(fresh.c_str(), ipc::read_write);
  region_ = ipc::mapped_region(file, ipc::read_write, 0, board_bytes(slots));
  fill(slots);
  if (::chmod(fresh.c_str(), board_mode) != 0) fail(fresh, errno);
  if (::rename(fresh.c_str(), path_.c_str()) != 0) fail(path_, errno);
}

void Board::fill(std::size_t slots) {
  Header& head = *header();
  const std::uint64_t at = now();
  head = Header{};
  head.version = layout_version;
  head.slots = slots;
  head.slot_bytes = sizeof(Slot);
  head.pid = static_cast<std::uint64_t>(::getpid());
  head.started = at;
  head.wall_minus_boot = nanoseconds_of(CLOCK_REALTIME) - at;
  head.heartbeat = at;
  put(head.boot_id, boot_id());
  for (std::size_t number = slots; number-- > 0;) {
    Slot empty{};
    write(number, empty);
    free_.push_back(number);
  }
  Word(head.magic).store(board_magic, std::memory_order_release);
}

Seat Board::seat(std::string_view executor, std::string_view kind) {
  if (free_.empty()) return {};
  const std::size_t number = free_.back();
  free_.pop_back();
  return {*this, number, executor, kind};
}

std::uint64_t Board::now() { return boot_time(); }

std::uint64_t* Board::words_of(std::size_t number) const {
  return reinterpret_cast<std::uint64_t*>(static_cast<char*>(region_.get_address()) + board_bytes(number));
}

void Board::beat(std::uint64_t at) {
  if (kept()) Word(header()->heartbeat).store(at, std::memory_order_relaxed);
}

// A reader that saw any of the new words sees an odd or a newer sequence when it looks again.
void Board::write(std::size_t number, Slot& slot) {
  std::uint64_t* const to = words_of(number);
  std::array<std::uint64_t, words_in_slot> from{};
  std::memcpy(from.data(), &slot, sizeof slot);
  Word(to[0]).store(slot.sequence + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 1; i < words_in_slot; ++i) Word(to[i]).store(from[i], std::memory_order_relaxed);
  slot.sequence += 2;
  Word(to[0]).store(slot.sequence, std::memory_order_release);
}

}  // namespace reeve::executors::scoreboard

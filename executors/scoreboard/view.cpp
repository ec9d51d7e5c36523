#include "executors/scoreboard/view.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <tuple>
#include <utility>

#include "executors/process/descriptor.hpp"
#include "executors/utf8.hpp"

namespace reeve::executors::scoreboard {
namespace {

constexpr std::size_t most_bytes = 16 << 20;
constexpr std::size_t most_slot_bytes = 64 << 10;
constexpr int most_looks = 16;                       // for slots that are written while they are read
constexpr std::uint64_t reasons = 5;

using Bytes = std::vector<char>;

// The bytes that are there now, at most as many as `most`.
Bytes read_from_start(int fd, std::size_t most) {
  Bytes bytes(most);
  std::size_t have = 0;
  while (have < most) {
    const auto count = ::pread(fd, bytes.data() + have, most - have, static_cast<off_t>(have));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    have += static_cast<std::size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

template <class Part>
Part part_at(const Bytes& bytes, std::size_t at) {
  Part part;
  std::memcpy(&part, bytes.data() + at, sizeof part);
  return part;
}

// Where the slots of a file are.
struct Grid {
  std::size_t slots = 0;        // whole ones that the file has
  std::size_t stride = 0;
  [[nodiscard]] std::size_t at(std::size_t number) const { return sizeof(Header) + number * stride; }
};

std::string text(std::string_view bytes) { return to_utf8(bytes); }

Row row_of(const Slot& slot, std::size_t number, bool torn) {
  Row row;
  row.slot = number;
  row.torn = torn;
  row.state = static_cast<State>(slot.state);
  row.pid = static_cast<std::int64_t>(slot.pid);
  row.task = static_cast<std::int64_t>(slot.task);
  row.epoch = static_cast<std::int64_t>(slot.epoch);
  row.attempt = static_cast<std::int64_t>(slot.attempt);
  row.started = slot.started;
  row.last_sign = slot.last_sign;
  if (slot.percent != not_told) row.percent = std::min(static_cast<double>(slot.percent) / thousandths, 100.0);
  if (slot.stopping >= 1 && slot.stopping <= reasons) row.stopping = static_cast<StopReason>(slot.stopping - 1);
  row.page = slot.page;
  row.executor = text(text_in(slot.executor));
  row.kind = text(text_in(slot.kind));
  row.label = text(text_in(slot.label));
  return row;
}

bool is_taken(const Slot& slot) {
  return slot.state > static_cast<std::uint64_t>(State::free) && slot.state <= static_cast<std::uint64_t>(State::stopping);
}

// Each slot between two looks at its sequence; those that changed meanwhile are looked at again.
class Reading {
 public:
  Reading(int fd, Grid grid) : fd_(fd), grid_(grid), settled_(grid.slots), slots_(grid.slots) {}

  void read() {
    for (int tries = 0; tries < most_looks && !all_settled(); ++tries) look();
  }

  [[nodiscard]] std::vector<Row> rows() const {
    std::vector<Row> rows;
    for (std::size_t number = 0; number < slots_.size(); ++number)
      if (is_taken(slots_[number]) || (slots_[number].sequence % 2 != 0 && !settled_[number])) rows.push_back(row_of(slots_[number], number, !settled_[number]));
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return std::tie(a.started, a.slot) < std::tie(b.started, b.slot); });
    return rows;
  }

 private:
  [[nodiscard]] bool all_settled() const { return std::find(settled_.begin(), settled_.end(), false) == settled_.end(); }

  [[nodiscard]] Bytes look_once() const {
    std::atomic_thread_fence(std::memory_order_acquire);
    return read_from_start(fd_, grid_.at(grid_.slots));
  }

  void look() {
    const Bytes before = look_once(), now = look_once(), after = look_once();
    const std::size_t least = std::min({before.size(), now.size(), after.size()});
    for (std::size_t number = 0; number < grid_.slots; ++number) {
      const std::size_t at = grid_.at(number);
      if (settled_[number] || at + sizeof(Slot) > least) continue;
      slots_[number] = part_at<Slot>(now, at);
      const auto sequence = slots_[number].sequence;
      settled_[number] = sequence % 2 == 0 && part_at<std::uint64_t>(before, at) == sequence && part_at<std::uint64_t>(after, at) == sequence;
    }
  }

  int fd_;
  Grid grid_;
  std::vector<bool> settled_;
  std::vector<Slot> slots_;
};

Unreadable unreadable(const std::string& path, const std::string& what) { return {"the scoreboard " + path + " " + what}; }

}  // namespace

std::variant<Sight, NoBoard, Unreadable> read_board(const std::string& path) {
  const process::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));   // a pipe does not keep us waiting
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return NoBoard{path};
  if (!fd) return unreadable(path, "cannot be opened: " + std::generic_category().message(errno));
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0 || !S_ISREG(about.st_mode)) return unreadable(path, "is no file");
  const Bytes start = read_from_start(fd.get(), sizeof(Header));
  if (start.size() < sizeof(Header)) return unreadable(path, "is shorter than its own header");
  const Header header = part_at<Header>(start, 0);
  if (header.magic != board_magic) return unreadable(path, "is none: it does not begin with REEVESB1");
  if (header.version != layout_version) return unreadable(path, "has layout version " + std::to_string(header.version) + "; this reeve reads version 1");
  if (header.slot_bytes < sizeof(Slot) || header.slot_bytes > most_slot_bytes || header.slot_bytes % 8 != 0)
    return unreadable(path, "is damaged: a slot of " + std::to_string(header.slot_bytes) + " bytes");

  const auto room = std::min<std::size_t>(static_cast<std::size_t>(about.st_size), most_bytes);
  const std::size_t whole = room < sizeof(Header) ? 0 : (room - sizeof(Header)) / header.slot_bytes;
  Reading reading(fd.get(), {std::min<std::size_t>(header.slots, whole), header.slot_bytes});
  reading.read();
  Sight sight;
  sight.pid = static_cast<std::int64_t>(header.pid);
  sight.started = header.started;
  sight.wall_minus_boot = static_cast<std::int64_t>(header.wall_minus_boot);
  sight.heartbeat = header.heartbeat;
  sight.boot_id = text(text_in(header.boot_id));
  sight.slots = header.slots;
  sight.cut_short = whole < header.slots;
  sight.rows = reading.rows();
  return sight;
}

}  // namespace reeve::executors::scoreboard

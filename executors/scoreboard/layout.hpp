// The bytes of the scoreboard and of the pages beside it; docs/scoreboard.md is the same in words. The one place that knows offsets.
//
// Whoever maps these bytes uses atomic loads and stores of 8 bytes; the types here are for copies.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace reeve::executors::scoreboard {

static_assert(std::endian::native == std::endian::little, "the files are little endian, and so is every machine this runs on");

// Eight bytes as the number that a reader of 8 bytes sees.
[[nodiscard]] constexpr std::uint64_t magic_number(std::string_view eight) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number |= static_cast<std::uint64_t>(static_cast<unsigned char>(eight[i])) << (8 * i);
  return number;
}

constexpr std::uint64_t board_magic = magic_number("REEVESB1");
constexpr std::uint64_t page_magic = magic_number("REEVEPG1");
constexpr std::uint64_t layout_version = 1;
constexpr std::uint64_t not_told = ~std::uint64_t{0};   // of a percentage
constexpr double thousandths = 1000;                    // in one percent

enum class State : std::uint64_t { free = 0, starting = 1, running = 2, idle = 3, stopping = 4 };

// Times are CLOCK_BOOTTIME in nanoseconds.
struct Header {
  std::uint64_t magic = 0;
  std::uint64_t version = 0;
  std::uint64_t slots = 0;
  std::uint64_t slot_bytes = 0;
  std::uint64_t pid = 0;
  std::uint64_t started = 0;
  std::uint64_t wall_minus_boot = 0;       // two's complement
  std::uint64_t heartbeat = 0;
  std::array<char, 40> boot_id{};
  std::array<std::uint64_t, 3> spare{};
};

struct Slot {
  std::uint64_t sequence = 0;
  std::uint64_t state = 0;
  std::uint64_t pid = 0;
  std::uint64_t task = 0;
  std::uint64_t epoch = 0;
  std::uint64_t attempt = 0;
  std::uint64_t started = 0;
  std::uint64_t last_sign = 0;
  std::uint64_t percent = not_told;        // in thousandths
  std::uint64_t stopping = 0;              // 0, or a StopReason plus one
  std::uint64_t page = 0;
  std::array<char, 16> executor{};
  std::array<char, 128> kind{};
  std::array<char, 24> label{};
};

// What the body writes, from offset 64 of its page.
struct Told {
  std::uint64_t beats = 0;
  std::uint64_t sequence = 0;
  std::uint64_t percent = not_told;
  double current = 0;                      // NaN: not told
  double total = 0;
  std::array<char, 128> label{};
};

struct Page {
  std::uint64_t magic = 0;
  std::uint64_t version = 0;
  std::uint64_t cancel = 0;                // as Slot::stopping
  std::array<std::uint64_t, 5> spare{};
  Told told{};
  std::array<char, 3864> rest{};
};

static_assert(sizeof(Header) == 128 && offsetof(Header, heartbeat) == 56 && offsetof(Header, boot_id) == 64);
static_assert(sizeof(Slot) == 256 && offsetof(Slot, page) == 80 && offsetof(Slot, executor) == 88 && offsetof(Slot, kind) == 104 &&
              offsetof(Slot, label) == 232);
static_assert(sizeof(Page) == 4096 && offsetof(Page, cancel) == 16 && offsetof(Page, told) == 64 && offsetof(Page, told.percent) == 80 &&
              offsetof(Page, told.label) == 104);
static_assert(std::is_trivially_copyable_v<Header> && std::is_trivially_copyable_v<Slot> && std::is_trivially_copyable_v<Page>);

[[nodiscard]] constexpr std::size_t board_bytes(std::size_t slots) { return sizeof(Header) + slots * sizeof(Slot); }

// Where the daemon that listens on `socket` keeps its board, and the pages of a board: rules that daemon, readers and operators share.
[[nodiscard]] inline std::string board_of(const std::string& socket) { return socket + ".scoreboard"; }
[[nodiscard]] inline std::string pages_of(const std::string& board) { return board + ".pages"; }

// Text in a field: as many whole UTF-8 characters as fit, padded with zeros.
template <std::size_t size>
void put(std::array<char, size>& field, std::string_view text) {
  if (text.size() > size) {
    std::size_t end = size;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end);
  }
  field.fill('\0');
  std::memcpy(field.data(), text.data(), text.size());
}

// The bytes up to the first zero; of unknown origin.
template <std::size_t size>
[[nodiscard]] std::string_view text_in(const std::array<char, size>& field) {
  const std::string_view all(field.data(), field.size());
  return all.substr(0, all.find('\0'));
}

}  // namespace reeve::executors::scoreboard

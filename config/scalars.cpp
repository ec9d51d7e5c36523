#include "config/scalars.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <csignal>
#include <limits>
#include <utility>

namespace reeve::config {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t bytes;
};

constexpr std::array units{Unit{"TiB", 1LL << 40}, Unit{"GiB", 1LL << 30}, Unit{"MiB", 1LL << 20}, Unit{"KiB", 1LL << 10}, Unit{"B", 1}};

struct Signal {
  std::string_view name;
  int number;
};

// Those that mean "please end" to some program. STOP and its like are missing: a stopped program never ends.
constexpr std::array signals{Signal{"TERM", SIGTERM}, Signal{"INT", SIGINT},   Signal{"HUP", SIGHUP},   Signal{"QUIT", SIGQUIT},
                             Signal{"KILL", SIGKILL}, Signal{"USR1", SIGUSR1}, Signal{"USR2", SIGUSR2}, Signal{"ABRT", SIGABRT},
                             Signal{"ALRM", SIGALRM}, Signal{"PWR", SIGPWR},   Signal{"WINCH", SIGWINCH}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits without a leading zero.
bool is_whole(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  for (const char c : text)
    if (!is_digit(c)) return false;
  return true;
}

// `how`: the base of a whole number, nothing for a real one.
template <class Number, class... How>
std::optional<Number> converted(std::string_view text, How... how) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, how...);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The grammar of RFC 8259, section 6.
bool is_json_number(std::string_view text) {
  const auto digits = [&] {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    text.remove_prefix(count);
    return count > 0;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && is_digit(text[1])) return false;
  if (!digits()) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!digits()) return false;
  }
  if (!text.starts_with('e') && !text.starts_with('E')) return text.empty();
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return digits() && text.empty();
}

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text) {
  std::int64_t factor = 1;
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    factor = unit.bytes;
    break;
  }
  if (!is_whole(text)) return std::nullopt;
  const auto count = converted<std::int64_t>(text);
  if (!count || *count > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
  return *count * factor;
}

std::string size_text(std::int64_t bytes) {
  for (const Unit& unit : units)
    if (unit.bytes > 1 && bytes >= unit.bytes && bytes % unit.bytes == 0) return std::to_string(bytes / unit.bytes) + std::string{unit.name};
  return std::to_string(bytes);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (!is_whole(text.substr(negative ? 1 : 0)) || text == "-0") return std::nullopt;
  return converted<std::int64_t>(text);
}

std::optional<double> parse_number(std::string_view text) {
  if (!is_json_number(text)) return std::nullopt;
  const auto value = converted<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<unsigned> parse_mode(std::string_view text) {
  if (!text.starts_with('0')) return std::nullopt;
  text.remove_prefix(text.starts_with("0o") ? 2 : 1);
  if (text.size() < 2 || text.size() > 4) return std::nullopt;
  const auto mode = converted<unsigned>(text, 8);
  return mode && *mode <= 0777 ? mode : std::nullopt;
}

std::optional<int> parse_signal(std::string_view text) {
  const auto number = parse_integer(text);
  const std::string_view name = text.starts_with("SIG") ? text.substr(3) : text;
  for (const Signal& signal : signals)
    if (signal.name == name || (number && *number == signal.number)) return signal.number;
  if (number && *number >= SIGRTMIN && *number <= SIGRTMAX) return static_cast<int>(*number);
  return std::nullopt;
}

std::string signal_text(int number) {
  for (const Signal& signal : signals)
    if (signal.number == number) return std::string{signal.name};
  return std::to_string(number);
}

}  // namespace reeve::config

#include "schedules/cron.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>
#include <vector>

namespace reeve::schedules {
namespace {

using namespace std::chrono;

// The calendar repeats every 400 years; the rarest day of a cron expression, a 29 February on one weekday, comes at the latest after 40.
constexpr days search_span{41 * 366};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> macros{{{"@yearly", "0 0 1 1 *"},
                                                                              {"@annually", "0 0 1 1 *"},
                                                                              {"@monthly", "0 0 1 * *"},
                                                                              {"@weekly", "0 0 * * 0"},
                                                                              {"@daily", "0 0 * * *"},
                                                                              {"@midnight", "0 0 * * *"},
                                                                              {"@hourly", "0 * * * *"}}};
constexpr std::array<std::string_view, 12> month_names{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  std::string_view name;
  int least;
  int most;
};
constexpr Field second_field{"second", 0, 59};
constexpr Field minute_field{"minute", 0, 59};
constexpr Field hour_field{"hour", 0, 23};
constexpr Field day_field{"day of the month", 1, 31};
constexpr Field month_field{"month", 1, 12};
constexpr Field weekday_field{"weekday", 0, 7};

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& letter : small) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return small;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  while (true) {
    const auto end = text.find_first_of(separators, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::vector<std::string_view> words(std::string_view text) {
  auto parts = split(text, " \t");
  std::erase_if(parts, [](std::string_view part) { return part.empty(); });
  return parts;
}

template <std::size_t Count>
std::optional<int> named(const std::array<std::string_view, Count>& names, std::string_view word, int first) {
  const auto found = std::find(names.begin(), names.end(), lower(word));
  if (found == names.end()) return std::nullopt;
  return first + static_cast<int>(found - names.begin());
}

// Thrown where a field is read, caught where the expression is.
[[noreturn]] void refuse(const Field& field, std::string_view word) {
  throw Fault{"the " + std::string(field.name) + " \"" + std::string(word) + "\" is not within " + std::to_string(field.least) + " to " +
              std::to_string(field.most)};
}

int read_value(const Field& field, std::string_view word) {
  if (&field == &month_field)
    if (const auto month = named(month_names, word, 1)) return *month;
  if (&field == &weekday_field)
    if (const auto weekday = named(weekday_names, word, 0)) return *weekday;
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value < field.least || value > field.most) refuse(field, word);
  return value;
}

int read_step(const Field& field, std::string_view word) {
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value < 1 || value > field.most)
    throw Fault{"the step \"" + std::string(word) + "\" of the " + std::string(field.name) + " is not within 1 to " + std::to_string(field.most)};
  return value;
}

struct Span {
  int first;
  int last;
  int step;
};

Span read_span(const Field& field, std::string_view part) {
  const auto slash = part.find('/');
  const auto range = part.substr(0, slash);
  const int step = slash == std::string_view::npos ? 1 : read_step(field, part.substr(slash + 1));
  const int highest = &field == &weekday_field ? 6 : field.most;
  if (range == "*" || range == "?") return {field.least, highest, step};
  const auto dash = range.find('-');
  const int first = read_value(field, range.substr(0, dash));
  if (dash == std::string_view::npos) return {first, slash == std::string_view::npos ? first : highest, step};
  int last = read_value(field, range.substr(dash + 1));
  if (&field == &weekday_field && last == 0 && first > 0) last = 7;   // fri-sun
  if (last < first)
    throw Fault{"the range \"" + std::string(range) + "\" of the " + std::string(field.name) + " runs backwards; write it as two, such as 22-23,0-5"};
  return {first, last, step};
}

template <std::size_t Size>
std::bitset<Size> read_field(const Field& field, std::string_view text) {
  std::bitset<Size> chosen;
  for (const std::string_view part : split(text, ",")) {
    if (part.empty()) throw Fault{"the " + std::string(field.name) + " \"" + std::string(text) + "\" has an empty part"};
    const Span span = read_span(field, part);
    for (int value = span.first; value <= span.last; value += span.step) chosen.set(static_cast<std::size_t>(value) % (&field == &weekday_field ? 7 : Size));
  }
  return chosen;
}

bool is_any(std::string_view text) { return text.starts_with('*') || text.starts_with('?'); }

template <std::size_t Size>
std::optional<int> next_set(const std::bitset<Size>& chosen, int from) {
  for (std::size_t value = static_cast<std::size_t>(from); value < Size; ++value)
    if (chosen[value]) return static_cast<int>(value);
  return std::nullopt;
}

}  // namespace

std::variant<Cron, Fault> Cron::parse(std::string_view text) {
  auto fields = words(text);
  if (fields.size() == 1 && fields[0].starts_with('@')) {
    const auto known = std::find_if(macros.begin(), macros.end(), [&](const auto& macro) { return macro.first == lower(fields[0]); });
    if (known == macros.end()) return Fault{"\"" + std::string(fields[0]) + "\" is none of @yearly @monthly @weekly @daily @hourly @every"};
    fields = words(known->second);
  }
  if (fields.size() != 5 && fields.size() != 6)
    return Fault{"a cron expression has five fields (minute hour day month weekday) or six with the second first, not " + std::to_string(fields.size())};
  Cron cron;
  try {
    cron.seconds_ = fields.size() == 6 ? read_field<60>(second_field, fields[0]) : std::bitset<60>{1};
    if (fields.size() == 6) fields.erase(fields.begin());
    cron.minutes_ = read_field<60>(minute_field, fields[0]);
    cron.hours_ = read_field<24>(hour_field, fields[1]);
    cron.days_ = read_field<32>(day_field, fields[2]);
    cron.months_ = read_field<13>(month_field, fields[3]);
    cron.weekdays_ = read_field<7>(weekday_field, fields[4]);
  } catch (Fault& fault) {
    return std::move(fault);
  }
  cron.any_hour_ = is_any(fields[1]);
  cron.any_day_ = is_any(fields[2]);
  cron.any_weekday_ = is_any(fields[4]);
  if (!cron.next(WallTime{})) return Fault{"no day of any year is meant by \"" + std::string(text) + "\""};
  return cron;
}

bool Cron::on_day(year_month_day day, weekday weekday) const {
  if (!months_[static_cast<unsigned>(day.month())]) return false;
  const bool by_day = days_[static_cast<unsigned>(day.day())];
  const bool by_weekday = weekdays_[weekday.c_encoding()];
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

std::optional<seconds> Cron::next_in_day(seconds from) const {
  const auto total = static_cast<int>(from.count());
  int hour = total / 3600;
  int minute = total / 60 % 60;
  int second = total % 60;
  for (auto h = next_set(hours_, hour); h; h = next_set(hours_, *h + 1)) {
    if (*h != hour) minute = second = 0;
    for (auto m = next_set(minutes_, minute); m; m = next_set(minutes_, *m + 1)) {
      if (*h != hour || *m != minute) second = 0;
      if (const auto s = next_set(seconds_, second)) return hours(*h) + minutes(*m) + seconds(*s);
    }
  }
  return std::nullopt;
}

std::optional<WallTime> Cron::next(WallTime after) const {
  const WallTime from = after + seconds(1);
  const local_days today = floor<days>(from);
  for (local_days day = today; day < today + search_span; day += days(1)) {
    if (!on_day(year_month_day(day), weekday(day))) continue;
    if (const auto time = next_in_day(day == today ? from - today : seconds(0))) return day + *time;
  }
  return std::nullopt;
}

}  // namespace reeve::schedules

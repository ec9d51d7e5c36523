// Handlers for reeve in C++17: one header, the standard library and POSIX.
//
//   #include <reeve/handler.hpp>
//
//   int main() {
//     return reeve::serve([](reeve::Task& task) {
//       const std::string rows = task.step("count", [&] { return std::to_string(count(task.payload)); });
//       task.progress(50, "drawing");
//       return R"({"rows":)" + rows + "}";
//     });
//   }
//
// The same program serves as `executor: process` (one task a process) and as `executor: worker` (a warm process, task after task).
//
// JSON is bytes here: `task.payload`, step outputs, signal payloads and what a handler returns are JSON texts, for whichever library you use;
// reeve::json has just enough to read a member and to quote a string.
//
// Threads: a Task belongs to the thread that runs its handler.
// Errors: what is thrown says how the task ends: Reject, Retry, Snooze, or any std::exception (an error, tried again by policy). Cancelled,
// Suspended and Disconnected are no std::exception, so that `catch (const std::exception&)` does not take "stop" for a failure.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace reeve {

using Milliseconds = std::chrono::milliseconds;
using Moment = std::chrono::system_clock::time_point;

// ------------------------------------------------------------------------------------------------ what a handler may throw

// No other try would change it: the task fails for good. `detail` is a JSON text or empty.
struct Reject : std::runtime_error {
  Reject(std::string code_, const std::string& message, std::string detail_ = {})
      : std::runtime_error(message), code(std::move(code_)), detail(std::move(detail_)) {}
  std::string code, detail;
};

// It failed; try again at a moment, or when the retry policy says.
struct Retry : std::runtime_error {
  explicit Retry(const std::string& message, std::optional<Moment> at_ = {}, std::string code_ = "retry")
      : std::runtime_error(message), at(at_), code(std::move(code_)) {}
  std::optional<Moment> at;
  std::string code;
};

// Not now: the same try again after this time.
struct Snooze : std::runtime_error {
  explicit Snooze(Milliseconds after_) : std::runtime_error("not now"), after(after_) {}
  Milliseconds after;
};

// reeve understood what was asked and said no.
struct Refused : std::runtime_error {
  Refused(std::string code_, const std::string& message) : std::runtime_error(code_ + ": " + message), code(std::move(code_)) {}
  std::string code;
};

// The task is to end now: cancel, timeout, stalled, shutdown, lease_lost, or stopped when only a signal said so.
struct Cancelled { std::string reason; };
// What the task waits for is not there yet; a later attempt goes on from here.
struct Suspended {};
// reeve is gone.
struct Disconnected {};

// ------------------------------------------------------------------------------------------------ JSON, as much as is needed

namespace json {

// A member of an object; `value` is the JSON text as it stands there.
struct Member {
  std::string name;
  std::string_view value;
};
using Object = std::vector<Member>;

namespace detail {

// The bytes of the character that `text` begins with; 0: that is no UTF-8.
inline std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t place) { return place < text.size() ? static_cast<unsigned char>(text[place]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
  for (std::size_t place = 1; place < length; ++place)
    if ((byte(place) & 0xC0) != 0x80) return 0;
  const unsigned second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return length;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool object(Object& into) {
    return sequence('{', '}', [&] {
      Member member{};
      if (!string(&member.name) || !take(':')) return false;
      space();
      const char* const begin = at_;
      if (!value(1)) return false;
      member.value = {begin, static_cast<std::size_t>(at_ - begin)};
      into.push_back(std::move(member));
      return true;
    });
  }
  bool array(std::vector<std::string_view>& into) {
    return sequence('[', ']', [&] {
      space();
      const char* const begin = at_;
      if (!value(1)) return false;
      into.emplace_back(begin, static_cast<std::size_t>(at_ - begin));
      return true;
    });
  }
  bool string(std::string* into) {
    if (!take('"')) return false;
    while (at_ != end_ && *at_ != '"') {
      if (static_cast<unsigned char>(*at_) < 0x20) return false;
      if (*at_ == '\\') {
        if (!escape(into)) return false;
      } else {
        const std::size_t length = character({at_, static_cast<std::size_t>(end_ - at_)});
        if (length == 0) return false;
        if (into != nullptr) into->append(at_, length);
        at_ += length;
      }
    }
    return take('"');
  }
  bool any() { return value(0); }
  bool at_end() {
    space();
    return at_ == end_;
  }

 private:
  static constexpr int depth_max = 500;

  void space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
  }
  bool take(char wanted) {
    space();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  template <class Element>
  bool sequence(char open, char close, Element element) {
    if (!take(open)) return false;
    if (take(close)) return true;
    do {
      if (!element()) return false;
    } while (take(','));
    return take(close);
  }
  bool value(int depth) {
    space();
    if (at_ == end_ || depth > depth_max) return false;
    switch (*at_) {
      case '"': return string(nullptr);
      case '{': return sequence('{', '}', [&] { return string(nullptr) && take(':') && value(depth + 1); });
      case '[': return sequence('[', ']', [&] { return value(depth + 1); });
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }
  bool word(std::string_view wanted) {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }
  bool digits() {
    const char* const begin = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }
  bool number() {
    if (at_ != end_ && *at_ == '-') ++at_;
    if (!digits()) return false;
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ == end_ || (*at_ != 'e' && *at_ != 'E')) return true;
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    return digits();
  }
  bool escape(std::string* into) {
    if (++at_ == end_) return false;
    const char letter = *at_++;
    if (letter == 'u') return unicode(into);
    static constexpr std::string_view letters = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    const std::size_t place = letters.find(letter);
    if (place == std::string_view::npos) return false;
    if (into != nullptr) into->push_back(meant[place]);
    return true;
  }
  bool unicode(std::string* into) {
    unsigned code = 0, low = 0;
    if (!hex(code)) return false;
    const bool is_high = code >= 0xD800 && code < 0xDC00;
    if (is_high && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u') {
      const char* const back = at_;
      at_ += 2;
      if (!hex(low)) return false;
      if (low >= 0xDC00 && low < 0xE000) code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      else at_ = back;
    }
    if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;      // half a pair is no character
    if (into != nullptr) append(*into, code);
    return true;
  }
  bool hex(unsigned& into) {
    if (end_ - at_ < 4) return false;
    const auto [stop, error] = std::from_chars(at_, at_ + 4, into, 16);
    if (error != std::errc{} || stop != at_ + 4) return false;
    at_ += 4;
    return true;
  }
  static void append(std::string& text, unsigned code) {
    const auto byte = [&](unsigned bits) { text.push_back(static_cast<char>(bits)); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
    if (code < 0x10000) return byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
    byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
  }

  const char* at_;
  const char* end_;
};

}  // namespace detail

// The members of a JSON object; nullopt when `text` is none. The values live as long as `text`.
inline std::optional<Object> members(std::string_view text) {
  Object object{};
  detail::Scanner scanner(text);
  if (!scanner.object(object) || !scanner.at_end()) return std::nullopt;
  return object;
}

inline std::vector<std::string_view> elements(std::string_view text) {
  std::vector<std::string_view> found{};
  detail::Scanner scanner(text);
  if (!scanner.array(found) || !scanner.at_end()) found.clear();
  return found;
}

// Whether `text` is one JSON value.
inline bool valid(std::string_view text) {
  detail::Scanner scanner(text);
  return scanner.any() && scanner.at_end();
}

// A JSON text on one line: between values a newline is space, and within strings it cannot be.
inline std::string flat(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

inline std::string_view member(const Object& object, std::string_view name) {
  for (const Member& member : object)
    if (member.name == name) return member.value;
  return {};
}

// The value of a member of the JSON object `text`, as JSON; empty when there is none.
inline std::string_view member(std::string_view text, std::string_view name) {
  for (const Member& member : members(text).value_or(Object{}))
    if (member.name == name) return member.value;
  return {};
}

// The text of a JSON string; nullopt when it is none.
inline std::optional<std::string> text(std::string_view value) {
  std::string found{};
  detail::Scanner scanner(value);
  if (!scanner.string(&found) || !scanner.at_end()) return std::nullopt;
  return found;
}

inline std::optional<std::int64_t> integer(std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  return number;
}

// A JSON string. Bytes that are no UTF-8 become U+FFFD.
inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = detail::character(text);
    const unsigned char first = static_cast<unsigned char>(text.front());
    if (length == 0) out += "\xEF\xBF\xBD";
    else if (first == '"' || first == '\\') (out += '\\') += text.front();
    else if (first == '\n') out += "\\n";
    else if (first < 0x20) out += "\\u00", out += "01"[first >> 4], out += "0123456789abcdef"[first & 15];
    else out.append(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out += '"';
}

// Writes an object member by member. Empty values and numbers that are none are left out.
class Writer {
 public:
  explicit Writer(std::string_view type) { raw("type", quoted(type)); }
  Writer() = default;
  Writer& raw(std::string_view name, std::string_view value) {
    if (!value.empty()) ((out_ += out_.empty() ? "{\"" : ",\"") += name) += "\":", out_ += value;
    return *this;
  }
  // A value from outside. Throws std::invalid_argument when it is not JSON: half a line would spoil the channel.
  Writer& value(std::string_view name, std::string_view text) {
    if (!text.empty() && !valid(text)) throw std::invalid_argument(std::string(name) + " is not JSON: " + std::string(text.substr(0, 200)));
    return raw(name, flat(text));
  }
  Writer& string(std::string_view name, std::string_view text) { return raw(name, text.empty() ? std::string{} : quoted(text)); }
  Writer& integer(std::string_view name, std::int64_t number) { return raw(name, std::to_string(number)); }
  Writer& number(std::string_view name, std::optional<double> number) {
    if (!number || !std::isfinite(*number)) return *this;
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, *number).ptr;
    return raw(name, {digits, static_cast<std::size_t>(end - digits)});
  }
  [[nodiscard]] std::string text() const { return out_.empty() ? "{}" : out_ + "}"; }

 private:
  std::string out_{};
};

}  // namespace json

// ------------------------------------------------------------------------------------------------ what is said and heard

struct Progress {
  std::optional<double> percent{}, current{}, total{};
  std::string label{};
  std::string meta{};                 // JSON or empty
};

struct Signal {
  std::int64_t id = 0;
  std::string type{};
  std::string payload{};              // JSON
  std::string sent_at{};
};

struct Ended {
  std::int64_t id = 0;
  std::string status{};
};

namespace detail {

inline std::string_view reason_of(std::uint64_t number) {
  static constexpr std::string_view reasons[] = {"", "cancel", "timeout", "stalled", "shutdown", "lease_lost"};
  return number < std::size(reasons) ? reasons[number] : "cancel";
}

// The page of the scoreboard that belongs to this process (docs/scoreboard.md). One that cannot be used is left alone.
class Page {
 public:
  explicit Page(const char* path) {
    if (path == nullptr || *path == '\0') return;
    const int file = ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    struct stat status {};
    void* const memory = ::fstat(file, &status) == 0 && status.st_size >= size
                             ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
    ::close(file);
    if (memory == MAP_FAILED) return;
    words_ = static_cast<std::uint64_t*>(memory);
    if (std::memcmp(words_, "REEVEPG1", 8) == 0 && words_[1] == 1) return;
    ::munmap(memory, size);
    words_ = nullptr;
  }
  ~Page() {
    if (words_ != nullptr) ::munmap(words_, size);
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  explicit operator bool() const { return words_ != nullptr; }
  void beat() { __atomic_fetch_add(words_ + 8, 1, __ATOMIC_RELAXED); }
  [[nodiscard]] std::string_view cancel() const { return reason_of(__atomic_load_n(words_ + 2, __ATOMIC_ACQUIRE)); }

  void progress(const Progress& now) {
    const std::uint64_t sequence = __atomic_load_n(words_ + 9, __ATOMIC_RELAXED) | 1;    // also when an earlier writer was killed half way
    put(9, sequence);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    put(10, now.percent && *now.percent >= 0 ? static_cast<std::uint64_t>(std::llround(*now.percent * 1000)) : ~std::uint64_t{0});
    put(11, bits(now.current));
    put(12, bits(now.total));
    std::uint64_t label[16] = {};
    std::memcpy(label, now.label.data(), cut(now.label));
    for (int word = 0; word < 16; ++word) put(13 + word, label[word]);
    __atomic_store_n(words_ + 9, sequence + 1, __ATOMIC_RELEASE);
    beat();
  }

 private:
  static constexpr off_t size = 4096;
  void put(int word, std::uint64_t value) { __atomic_store_n(words_ + word, value, __ATOMIC_RELAXED); }
  static std::uint64_t bits(std::optional<double> number) {
    const double value = number.value_or(std::numeric_limits<double>::quiet_NaN());
    std::uint64_t copied = 0;
    std::memcpy(&copied, &value, sizeof copied);
    return copied;
  }
  static std::size_t cut(std::string_view label) {           // at a character
    std::size_t length = std::min<std::size_t>(label.size(), 128);
    while (length < label.size() && length > 0 && (static_cast<unsigned char>(label[length]) & 0xC0) == 0x80) --length;
    return length;
  }
  std::uint64_t* words_ = nullptr;
};

// SIGTERM, as a byte in a pipe: a flag alone could be set between the look at it and the wait.
inline int& bell() {
  static int write_end = -1;
  return write_end;
}
inline void ring(int) {
  const int before = errno;
  const char byte = 1;
  if (::write(bell(), &byte, 1) < 0) errno = before;
}

class Ear {
 public:
  Ear() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error(std::string("reeve: pipe: ") + std::strerror(errno));
    read_end_ = ends[0];
    bell() = ends[1];
    struct sigaction action {};
    action.sa_handler = ring;
    action.sa_flags = SA_RESTART;     // what the handler waits for goes on
    ::sigaction(SIGTERM, &action, nullptr);
  }
  [[nodiscard]] int descriptor() const { return read_end_; }
  // Whether the bell has rung since the last look.
  [[nodiscard]] bool has_rung() const {
    char bytes[16];
    return ::read(read_end_, bytes, sizeof bytes) > 0;
  }

 private:
  int read_end_ = -1;
};

// The socket between reeve and this process: whole lines out, whole messages in. Without a descriptor nothing is said and nothing comes.
class Channel {
 public:
  Channel(int descriptor, const Ear& ear) : descriptor_(descriptor), ear_(ear) {
    if (descriptor_ >= 0) ::fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
  }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  void send(std::string_view lines) {
    while (is_open() && !lines.empty()) {
      ssize_t sent = ::send(descriptor_, lines.data(), lines.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == ENOTSOCK) sent = ::write(descriptor_, lines.data(), lines.size());
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) throw Disconnected{};
      lines.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  enum class Heard { line, bell, nothing };
  // The next line; it lives until the next call. `bell`: SIGTERM came first. `nothing` only when not waiting. Throws Disconnected.
  Heard receive(std::string_view& line, bool is_waiting) {
    while (true) {
      const std::size_t end = buffer_.find('\n', searched_);
      if (end != std::string::npos) {
        line = std::string_view(buffer_).substr(begin_, end - begin_);
        begin_ = searched_ = end + 1;
        return Heard::line;
      }
      buffer_.erase(0, begin_);
      begin_ = 0;
      searched_ = buffer_.size();
      const Heard heard = read(is_waiting);
      if (heard != Heard::line) return heard;
    }
  }

 private:
  Heard read(bool is_waiting) {
    pollfd both[2] = {{descriptor_, POLLIN, 0}, {ear_.descriptor(), POLLIN, 0}};
    while (::poll(both, 2, is_waiting ? -1 : 0) < 0)
      if (errno != EINTR) throw Disconnected{};
    if (both[1].revents != 0 && ear_.has_rung()) return Heard::bell;
    if (both[0].revents == 0) return Heard::nothing;
    char chunk[1 << 16];
    const ssize_t got = ::recv(descriptor_, chunk, sizeof chunk, 0);
    if (got < 0 && errno == EINTR) return read(is_waiting);
    if (got <= 0) throw Disconnected{};
    buffer_.append(chunk, static_cast<std::size_t>(got));
    return Heard::line;
  }

  int descriptor_;
  const Ear& ear_;
  std::string buffer_{};
  std::size_t begin_ = 0, searched_ = 0;
};

struct Record {
  std::int64_t id = 0, epoch = 0, batch = 0;
  int attempt = 1, max_attempts = 1;
  std::string kind{}, queue{}, traceparent{}, token{}, metadata{}, payload{"null"};
  std::map<std::string, std::string> labels{};
  std::map<std::string, std::vector<std::string>> resources{};
};

inline std::map<std::string, std::string> labels_in(std::string_view text) {
  std::map<std::string, std::string> labels{};
  for (const json::Member& label : json::members(text).value_or(json::Object{})) labels[label.name] = json::text(label.value).value_or("");
  return labels;
}

inline std::map<std::string, std::vector<std::string>> resources_in(std::string_view text) {
  std::map<std::string, std::vector<std::string>> resources{};
  for (const json::Member& resource : json::members(text).value_or(json::Object{}))
    for (const std::string_view unit : json::elements(resource.value)) resources[resource.name].push_back(json::text(unit).value_or(""));
  return resources;
}

// REEVE_RESOURCE_GPU=0,1
inline std::map<std::string, std::vector<std::string>> resources_of_process() {
  constexpr std::string_view prefix = "REEVE_RESOURCE_";
  std::map<std::string, std::vector<std::string>> resources{};
  for (char** entry = ::environ; entry && *entry; ++entry) {
    std::string_view text{*entry};
    const std::size_t equals = text.find('=');
    if (text.substr(0, prefix.size()) != prefix || equals == std::string_view::npos) continue;
    std::string name{};
    for (const char c : text.substr(prefix.size(), equals - prefix.size())) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (text.remove_prefix(equals + 1); !text.empty();) {
      const std::size_t comma = text.find(',');
      resources[name].emplace_back(text.substr(0, comma));
      text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
  }
  return resources;
}

inline Record record_in(const json::Object& message) {
  Record record{};
  const auto text = [](std::string_view value) { return json::text(value).value_or(""); };
  for (const json::Member& member : message) {
    if (member.name == "task") record.id = json::integer(member.value).value_or(0);
    else if (member.name == "epoch") record.epoch = json::integer(member.value).value_or(0);
    else if (member.name == "attempt") record.attempt = static_cast<int>(json::integer(member.value).value_or(1));
    else if (member.name == "max_attempts") record.max_attempts = static_cast<int>(json::integer(member.value).value_or(1));
    else if (member.name == "kind") record.kind = text(member.value);
    else if (member.name == "queue") record.queue = text(member.value);
    else if (member.name == "traceparent") record.traceparent = text(member.value);
    else if (member.name == "token") record.token = text(member.value);
    else if (member.name == "batch") record.batch = json::integer(member.value).value_or(0);
    else if (member.name == "metadata") record.metadata = member.value;
    else if (member.name == "payload") record.payload = member.value;
    else if (member.name == "labels") record.labels = labels_in(member.value);
    else if (member.name == "resources") record.resources = resources_in(member.value);
  }
  return record;
}

// Who speaks about what: answers go to the question that waits, a cancel to its task, further tasks into the line.
struct Conversation {
  Channel& channel;
  Page& page;
  bool is_worker;
  std::deque<Record> waiting{};
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> stopped{};   // tasks that are to end, and why
  std::optional<std::pair<std::int64_t, std::int64_t>> current{};
  bool is_ending = false;
  std::int64_t questions = 0;

  // Handles a line that answers nothing. Gives the answer's members when it answers question `number`.
  bool hear(std::string_view line, std::int64_t number, std::string& answer) {
    const auto message = json::members(line);
    if (!message) return false;
    if (const std::string_view re = json::member(*message, "re"); !re.empty()) {
      if (json::integer(re) != number) return false;
      answer = line;
      return true;
    }
    const std::string type = json::text(json::member(*message, "type")).value_or("");
    if (type == "task") waiting.push_back(record_in(*message));
    else if (type == "shutdown") is_ending = true;
    else if (type == "cancel") cancel(*message);
    return false;
  }
  // SIGTERM ends the task of a process, and a worker when it has none.
  void hear_bell() {
    if (is_worker) is_ending = true;
    else if (current) stopped.emplace(*current, page && !page.cancel().empty() ? std::string(page.cancel()) : "stopped");
  }
  void look() {
    std::string_view line{};
    std::string none{};
    while (channel.is_open()) {
      const Channel::Heard heard = channel.receive(line, false);
      if (heard == Channel::Heard::nothing) return;
      if (heard == Channel::Heard::bell) hear_bell();
      else hear(line, -1, none);
    }
  }

 private:
  void cancel(const json::Object& message) {
    const auto task = json::integer(json::member(message, "task"));
    const auto epoch = json::integer(json::member(message, "epoch"));
    if (!task && !current) return;
    const std::pair<std::int64_t, std::int64_t> meant = {task ? *task : current->first, epoch ? *epoch : current ? current->second : 0};
    if (is_here(meant)) stopped.emplace(meant, json::text(json::member(message, "reason")).value_or("cancel"));
  }
  // One that is over meanwhile needs no cancel, and nobody would forget it again.
  [[nodiscard]] bool is_here(const std::pair<std::int64_t, std::int64_t>& meant) const {
    if (current == meant) return true;
    return std::any_of(waiting.begin(), waiting.end(), [&](const Record& record) { return std::pair(record.id, record.epoch) == meant; });
  }
};

}  // namespace detail

// ------------------------------------------------------------------------------------------------ the task

class Task {
 public:
  const std::int64_t id, epoch;
  const std::string kind, queue, traceparent;
  const int attempt, max_attempts;
  const std::map<std::string, std::string> labels;
  const std::map<std::string, std::vector<std::string>> resources;   // by name, the units that it may use
  const std::int64_t batch;           // the number of the batch that it belongs to; 0: none
  const std::string metadata;         // JSON or empty
  const std::string payload;          // JSON, byte for byte
  const std::string token;            // REEVE_TOKEN for programs that speak for this task

  // A part of the work whose output (JSON) is stored once: a later attempt gets the output and does not run `work` again.
  template <class Work>
  std::string step(std::string_view name, Work&& work, std::string_view input = {}) {
    const std::string begun = ask(json::Writer("step.begin").string("name", name).value("input", input));
    if (json::member(begun, "done") == "true") return std::string(json::member(begun, "output"));
    std::string output{};
    try {
      check_cancelled();
      output = work();
      if (output.empty()) output = "null";
      if (!json::valid(output)) throw std::invalid_argument("the output of the step is not JSON: " + output.substr(0, 200));
    } catch (const Cancelled& cancelled) {
      abandon(failed_step(name, "cancelled", cancelled.reason));
      throw;
    } catch (const Suspended&) {
      abandon(failed_step(name, "suspended", "waits"));
      throw;
    } catch (const std::exception& error) {
      ask_regardless(failed_step(name, code_of(error), error.what()));
      throw;
    }
    ask(json::Writer("step.end").string("name", name).value("output", output));
    return output;
  }

  // How far it is. Throws Cancelled when the task is to end.
  void progress(double percent, std::string label = {}) {
    Progress now{};
    now.percent = percent;
    now.label = std::move(label);
    progress(now);
  }
  void progress(const Progress& now) {
    check_cancelled();
    if (talk_.page && now.meta.empty()) {
      talk_.page.progress(now);
      on_page_ = now;
    } else {
      on_page_.reset();
      tell(message_of(now));
    }
  }
  // `level`: debug, info, warn, error. `meta`: JSON or empty.
  void log(std::string_view message, std::string_view level = "info", std::string_view meta = {}) {
    tell(json::Writer("log").string("level", level).raw("message", json::quoted(message)).value("meta", meta));
  }
  // A sign of life.
  void beat() {
    if (talk_.page) talk_.page.beat();
    else tell(json::Writer("beat"));
  }

  // These wait without a process: unless what is waited for is there, they throw Suspended and a later attempt goes on from here.
  void sleep(Milliseconds time, std::string_view name = {}) { ask(json::Writer("sleep").integer("for_ms", time.count()).string("name", name)); }
  void sleep_until(Moment at, std::string_view name = {}) { ask(json::Writer("sleep").integer("until", since_1970(at)).string("name", name)); }
  // The next signal of a type, or of any; nullopt after the timeout.
  std::optional<Signal> wait_signal(std::string_view type = {}, std::optional<Milliseconds> timeout = {}, std::string_view name = {}) {
    return signal_in(ask(json::Writer("signal.wait").string("signal", type).raw("timeout_ms", count(timeout)).string("name", name)));
  }
  // When all (or any) of the tasks have ended; nullopt after the timeout.
  std::optional<std::vector<Ended>> wait_tasks(const std::vector<std::int64_t>& ids, bool any = false, std::optional<Milliseconds> timeout = {},
                                               std::string_view name = {}) {
    std::string list = "[";
    for (const std::int64_t task : ids) list += (list.size() > 1 ? "," : "") + std::to_string(task);
    const std::string answer = ask(json::Writer("wait_tasks").raw("tasks", list + "]").string("mode", any ? "any" : "all")
                                       .raw("timeout_ms", count(timeout)).string("name", name));
    if (json::member(answer, "timeout") == "true") return std::nullopt;
    std::vector<Ended> ended{};
    for (const std::string_view task : json::elements(json::member(answer, "tasks")))
      ended.push_back({json::integer(json::member(task, "id")).value_or(0), json::text(json::member(task, "status")).value_or("")});
    return ended;
  }

  // The oldest signal in the mailbox, if there is one.
  std::optional<Signal> take_signal(std::string_view type = {}, std::string_view name = {}) {
    return signal_in(ask(json::Writer("signal.take").string("signal", type).string("name", name)));
  }
  // Sends the signal "timer" to this task later: "set", "fires_now", "already_fired".
  std::string timer(std::string_view name, Milliseconds after) { return timer_in(ask(json::Writer("timer").string("name", name).integer("after_ms", after.count()))); }
  std::string timer_at(std::string_view name, Moment at) { return timer_in(ask(json::Writer("timer").string("name", name).integer("at", since_1970(at)))); }
  std::string cancel_timer(std::string_view name) { return timer_in(ask(json::Writer("timer").string("name", name).raw("cancel", "true"))); }

  // A child task; gives its id. `options`: a JSON object of further members of POST /v1/tasks, or empty. With a name a later attempt gets the
  // same task again.
  std::int64_t enqueue(std::string_view child, std::string_view child_payload = {}, std::string_view options = {}, std::string_view name = {}) {
    const std::string answer = ask(json::Writer("enqueue").raw("enqueue", wanted(child, child_payload, options)).string("name", name));
    return json::integer(json::member(answer, "task")).value_or(0);
  }
  // A child task that is stored together with the success of this attempt, and only then.
  void enqueue_staged(std::string_view child, std::string_view child_payload = {}, std::string_view options = {}) {
    ask(json::Writer("enqueue").raw("enqueue", wanted(child, child_payload, options)).raw("staged", "true"));
  }
  // Another task as it is now: JSON, as the API shows it.
  std::string get(std::int64_t task) {
    const std::string answer = ask(json::Writer("get").integer("of", task));
    return std::string(json::member(answer, "task"));
  }

  // Whether the task is to end now.
  [[nodiscard]] bool cancelled() {
    if (!reason_.empty()) return true;
    if (talk_.page && !talk_.page.cancel().empty()) reason_ = talk_.page.cancel();
    if (reason_.empty()) talk_.look();
    note_stop();
    return !reason_.empty();
  }
  void check_cancelled() {
    if (cancelled()) throw Cancelled{reason_};
  }

  // For serve().
  Task(detail::Conversation& talk, detail::Record record)
      : id(record.id), epoch(record.epoch), kind(std::move(record.kind)), queue(std::move(record.queue)), traceparent(std::move(record.traceparent)),
        attempt(record.attempt), max_attempts(record.max_attempts), labels(std::move(record.labels)), resources(std::move(record.resources)),
        batch(record.batch), metadata(std::move(record.metadata)), payload(std::move(record.payload)), token(std::move(record.token)), talk_(talk) {
    talk_.current.emplace(id, epoch);
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  // Says the terminal message, and once more the progress that only stands on the page: reeve looks at pages once a second.
  void end(const json::Writer& terminal) {
    std::string lines = on_page_ ? line(message_of(*on_page_)) : std::string{};
    if (on_page_) talk_.page.progress({});
    lines += line(is_suspended_ ? json::Writer("suspend") : terminal);
    talk_.stopped.erase({id, epoch});
    talk_.current.reset();
    talk_.channel.send(lines);
  }
  [[nodiscard]] bool is_suspended() const { return is_suspended_; }
  static std::int64_t since_1970(Moment at) { return std::chrono::duration_cast<Milliseconds>(at.time_since_epoch()).count(); }
  static std::string code_of(const std::exception& error) {
    const auto* const refused = dynamic_cast<const Refused*>(&error);
    return refused != nullptr ? refused->code : dynamic_cast<const std::logic_error*>(&error) != nullptr ? "logic_error" : "exception";
  }

 private:
  std::string line(json::Writer message) const {
    if (id != 0) message.integer("task", id).integer("epoch", epoch);
    return message.text() + "\n";
  }
  void tell(const json::Writer& message) { talk_.channel.send(line(message)); }

  std::string ask(const json::Writer& question) {
    check_cancelled();
    return ask_regardless(question);
  }
  std::string ask_regardless(json::Writer question) {
    if (is_suspended_) throw Suspended{};
    if (!talk_.channel.is_open()) return "{}";
    const std::int64_t number = ++talk_.questions;
    tell(question.integer("id", number));
    std::string answer{};
    std::string_view heard{};
    while (true) {
      if (talk_.channel.receive(heard, true) == detail::Channel::Heard::line) {
        if (talk_.hear(heard, number, answer)) return understood(std::move(answer));
      } else {
        talk_.hear_bell();
        if (!talk_.is_worker) check_cancelled();
      }
    }
  }
  // Asks, and does not stay for the answer: the attempt ends anyway.
  void abandon(json::Writer question) { tell(question.integer("id", ++talk_.questions)); }

  std::string understood(std::string answer) {
    const json::Object members = json::members(answer).value_or(json::Object{});
    if (json::member(members, "cancel") == "true") talk_.stopped.emplace(std::pair{id, epoch}, "cancel");
    if (const std::string_view error = json::member(members, "error"); !error.empty()) {
      const std::string code = json::text(json::member(error, "code")).value_or("error");
      if (code != "lease_lost") throw Refused(code, json::text(json::member(error, "message")).value_or(""));
      reason_ = code;
      throw Cancelled{code};
    }
    is_suspended_ = json::member(members, "suspend") == "true";
    if (is_suspended_) throw Suspended{};
    return answer;
  }
  void note_stop() {
    if (!reason_.empty() || talk_.stopped.empty()) return;
    const auto stop = talk_.stopped.find({id, epoch});
    if (stop != talk_.stopped.end()) reason_ = stop->second;
  }

  static json::Writer message_of(const Progress& now) {
    json::Writer message("progress");
    message.number("percent", now.percent).number("current", now.current).number("total", now.total).string("label", now.label).value("meta", now.meta);
    return message;
  }
  static json::Writer failed_step(std::string_view name, std::string_view code, std::string_view message) {
    return json::Writer("step.end").string("name", name).raw("error", json::Writer{}.raw("code", json::quoted(code)).raw("message", json::quoted(message)).text());
  }
  static std::string wanted(std::string_view child, std::string_view child_payload, std::string_view options) {
    json::Writer task{};
    task.raw("kind", json::quoted(child)).value("payload", child_payload);
    if (!options.empty() && !json::members(options)) throw std::invalid_argument("the options of the task are no JSON object: " + std::string(options.substr(0, 200)));
    for (const json::Member& option : json::members(options).value_or(json::Object{})) task.value(option.name, option.value);
    return task.text();
  }
  static std::string count(std::optional<Milliseconds> time) { return time ? std::to_string(time->count()) : std::string{}; }
  static std::string timer_in(const std::string& answer) { return json::text(json::member(answer, "timer")).value_or(""); }
  static std::optional<Signal> signal_in(const std::string& answer) {
    const std::string_view found = json::member(answer, "signal");
    if (found.empty() || found == "null") return std::nullopt;
    const auto text = [&](std::string_view name) { return json::text(json::member(found, name)).value_or(""); };
    return Signal{json::integer(json::member(found, "id")).value_or(0), text("type"), std::string(json::member(found, "payload")), text("sent_at")};
  }

  detail::Conversation& talk_;
  std::optional<Progress> on_page_{};
  std::string reason_{};
  bool is_suspended_ = false;
};

// What a kind is done by. Returns the result, a JSON text; empty means null.
using Body = std::function<std::string(Task&)>;
using Bodies = std::map<std::string, Body, std::less<>>;

// ------------------------------------------------------------------------------------------------ serving

namespace detail {

// Runs the handler and says how it ended. Gives the exit code of a process for that end.
inline int attend(Task& task, const Body* body, const std::string& kinds) {
  enum { good = 0, error_code = 1, rejected = 65 };
  const auto error = [&](std::string_view code, std::string_view message) {
    task.end(json::Writer("error").raw("code", json::quoted(code)).raw("message", json::quoted(message)));
    return task.is_suspended() ? good : error_code;
  };
  if (body == nullptr) return error("no_handler", "this program has no handler for " + task.kind + "; it has " + kinds);
  try {
    const std::string value = (*body)(task);
    if (!value.empty() && !json::valid(value)) return error("bad_result", "the result of the handler is not JSON: " + value.substr(0, 200));
    task.end(json::Writer("result").raw("value", value.empty() ? "null" : json::flat(value)));
    return good;
  } catch (const Suspended&) {
    task.end(json::Writer("suspend"));
    return good;
  } catch (const Snooze& snooze) {
    task.end(json::Writer("snooze").integer("for_ms", snooze.after.count()));
    return good;
  } catch (const Reject& reject) {
    task.end(json::Writer("reject").raw("code", json::quoted(reject.code)).raw("message", json::quoted(reject.what()))
                 .raw("detail", json::valid(reject.detail) ? json::flat(reject.detail) : std::string{}));
    return rejected;
  } catch (const Retry& retry) {
    json::Writer message("error");
    message.raw("code", json::quoted(retry.code)).raw("message", json::quoted(retry.what()));
    if (retry.at) message.integer("retry_at", Task::since_1970(*retry.at));
    task.end(message);
    return error_code;
  } catch (const Cancelled& cancelled) {
    return error("cancelled", "stopped: " + cancelled.reason);
  } catch (const std::exception& thrown) {
    return error(Task::code_of(thrown), thrown.what());
  }
}

inline std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string(value);
}

inline std::string all_of(int file) {
  std::string bytes{};
  char chunk[1 << 16];
  ssize_t got = 0;
  while ((got = ::read(file, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR))
    if (got > 0) bytes.append(chunk, static_cast<std::size_t>(got));
  return bytes;
}

// The task of this process, as a worker would get it in a `task` message.
inline Record record_of_process() {
  Record record{};
  record.id = json::integer(variable("REEVE_TASK_ID")).value_or(0);
  record.epoch = json::integer(variable("REEVE_EPOCH")).value_or(0);
  record.attempt = static_cast<int>(json::integer(variable("REEVE_ATTEMPT")).value_or(1));
  record.max_attempts = static_cast<int>(json::integer(variable("REEVE_MAX_ATTEMPTS")).value_or(1));
  record.kind = variable("REEVE_KIND");
  record.queue = variable("REEVE_QUEUE");
  record.traceparent = variable("TRACEPARENT");
  record.token = variable("REEVE_TOKEN");
  record.batch = json::integer(variable("REEVE_BATCH_ID")).value_or(0);
  record.metadata = variable("REEVE_METADATA");
  record.labels = labels_in(variable("REEVE_LABELS"));
  record.resources = resources_of_process();
  const std::string path = variable("REEVE_PAYLOAD_FILE");
  const int file = path.empty() ? 0 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (std::string bytes = all_of(file); !bytes.empty()) record.payload = std::move(bytes);
  if (file > 0) ::close(file);
  return record;
}

// The next task; nullopt when there will be none.
inline std::optional<Record> next_task(Conversation& talk) {
  std::string_view line{};
  std::string none{};
  while (talk.waiting.empty() && !talk.is_ending) {
    if (talk.channel.receive(line, true) == Channel::Heard::line) talk.hear(line, -1, none);
    else talk.hear_bell();
  }
  if (talk.waiting.empty()) return std::nullopt;
  Record record = std::move(talk.waiting.front());
  talk.waiting.pop_front();
  return record;
}

template <class Find>
int work(Conversation& talk, Find find, const std::string& kinds) {
  try {
    talk.channel.send("{\"type\":\"ready\"}\n");
    while (auto record = next_task(talk)) {
      Task task(talk, std::move(*record));
      attend(task, find(task.kind), kinds);
    }
  } catch (const Disconnected&) {     // nobody is left to work for
  }
  return 0;
}

template <class Find>
int run_once(Conversation& talk, Find find, const std::string& kinds) {
  try {
    Task task(talk, record_of_process());
    const Body* const found = find(task.kind);
    if (talk.channel.is_open() || found == nullptr) return attend(task, found, kinds);
    const Body aloud = [&](Task& same) {                     // started by hand: the result goes to stdout
      std::string value = (*found)(same);
      std::printf("%s\n", value.c_str());
      return value;
    };
    return attend(task, &aloud, kinds);
  } catch (const Disconnected&) {
    std::fputs("reeve has closed the channel\n", stderr);
    return 75;
  }
}

template <class Find>
int serve_with(Find find, const std::string& kinds) {
  const auto fd = json::integer(variable("REEVE_FD"));
  ::unsetenv("REEVE_FD");             // what a handler starts must not speak in its name
  const bool is_worker = variable("REEVE_WORKER") == "1";
  const Ear ear{};
  Channel channel(fd ? static_cast<int>(*fd) : -1, ear);
  Page page(variable("REEVE_SCOREBOARD").c_str());
  Conversation talk{channel, page, is_worker};
  return is_worker && channel.is_open() ? work(talk, find, kinds) : run_once(talk, find, kinds);
}

}  // namespace detail

// Serves as this program was started, process or worker; gives the exit code for main(). `body` does every kind.
inline int serve(const Body& body) {
  return detail::serve_with([&](const std::string&) { return &body; }, "one for every kind");
}

// A body for each kind.
inline int serve(const Bodies& bodies) {
  std::string kinds{};
  for (const auto& entry : bodies) kinds += (kinds.empty() ? "" : ", ") + entry.first;
  const auto find = [&](const std::string& kind) {
    const auto found = bodies.find(kind);
    return found == bodies.end() ? nullptr : &found->second;
  };
  return detail::serve_with(find, kinds.empty() ? "none" : kinds);
}

}  // namespace reeve

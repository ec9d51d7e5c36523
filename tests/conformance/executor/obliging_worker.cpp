// A warm worker that does with each task what its payload says: {"act": ..., ...}. One thread, blocking reads, no kit.
//
//   result {value}   error {code, message}   reject {code}   snooze {for_ms}
//   wait             prints "ready" and goes on until it is cancelled
//   stubborn         prints "ready" and never ends
//   progress {count}   lines {count}   crash {signal}   exit {code}   child (leaves one behind)   noop
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <string>
#include <string_view>

#include "executors/protocol/raw_json.hpp"

namespace {

namespace json = boost::json;
using reeve::executors::protocol::raw_member;

constexpr int channel = 3;

void say(int to, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(to, text.data(), text.size());
    if (count <= 0) ::_exit(9);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

class Channel {
 public:
  // The next line; empty at the end.
  std::string next() {
    for (;;) {
      if (const auto newline = bytes_.find('\n', seen_); newline != std::string::npos) {
        std::string line = bytes_.substr(0, newline + 1);
        bytes_.erase(0, newline + 1);
        seen_ = 0;
        return line;
      }
      seen_ = bytes_.size();
      char buffer[65536];
      const auto count = ::read(channel, buffer, sizeof buffer);
      if (count <= 0) return {};
      bytes_.append(buffer, static_cast<std::size_t>(count));
    }
  }

 private:
  std::string bytes_;
  std::size_t seen_ = 0;
};

struct Task {
  std::string_view line;
  json::object payload;
  std::string address;   // "task" and "epoch", as they were given

  [[nodiscard]] std::string text(std::string_view key) const {
    const auto* value = payload.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  }
  [[nodiscard]] std::int64_t number(std::string_view key) const { return payload.at(key).to_number<std::int64_t>(); }
  void answer(std::string_view type, const std::string& members = {}) const {
    say(channel, "{\"type\":\"" + std::string(type) + "\"," + address + members + "}\n");
  }
};

void wait_for_cancel(Channel& from, const Task& task) {
  say(1, "ready\n");
  for (std::string line; !(line = from.next()).empty();) {
    if (line.find("\"type\":\"cancel\"") != std::string::npos) return task.answer("error", R"(,"code":"cancelled","message":"as was asked")");
  }
}

void leave_a_child() {
  if (::fork() == 0) {
    ::execl("/bin/sleep", "sleep", "60", static_cast<char*>(nullptr));
    ::_exit(1);
  }
}

void act(Channel& from, const Task& task) {
  const std::string word = task.text("act");
  if (word == "result") return task.answer("result", ",\"value\":" + std::string(raw_member(raw_member(task.line, "payload"), "value")));
  if (word == "error") return task.answer("error", ",\"code\":\"" + task.text("code") + "\",\"message\":\"" + task.text("message") + "\"");
  if (word == "reject") return task.answer("reject", ",\"code\":\"" + task.text("code") + "\"");
  if (word == "snooze") return task.answer("snooze", ",\"for_ms\":" + std::to_string(task.number("for_ms")));
  if (word == "wait") return wait_for_cancel(from, task);
  if (word == "stubborn") {
    ::signal(SIGTERM, SIG_IGN);
    say(1, "ready\n");
    for (;;) ::pause();
  }
  if (word == "crash") {
    ::signal(static_cast<int>(task.number("signal")), SIG_DFL);   // a sanitizer may have taken it
    ::raise(static_cast<int>(task.number("signal")));
    ::pause();
  }
  if (word == "exit") ::_exit(static_cast<int>(task.number("code")));
  if (word == "child") leave_a_child();
  if (word == "progress") {
    for (std::int64_t i = 1; i <= task.number("count"); ++i) {
      task.answer("progress", ",\"percent\":" + std::to_string(i));
      task.answer("beat");
    }
  }
  if (word == "lines") {
    for (std::int64_t i = 1; i <= task.number("count"); ++i) say(1, "line " + std::to_string(i) + "\n");
  }
  task.answer("result", ",\"value\":null");
}

}  // namespace

int main() {
  Channel from;
  say(channel, "{\"type\":\"ready\"}\n");
  for (std::string line; !(line = from.next()).empty();) {
    const auto order = json::parse(line).as_object();
    if (order.at("type").get_string() == "shutdown") return 0;
    if (order.at("type").get_string() != "task") continue;
    Task task{line, {}, "\"task\":" + std::to_string(order.at("task").get_int64()) + ",\"epoch\":" + std::to_string(order.at("epoch").get_int64())};
    if (const auto* payload = order.at("payload").if_object()) task.payload = *payload;
    act(from, task);
  }
  return 0;
}

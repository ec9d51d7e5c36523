#include "cli/log_reader.hpp"

#include <thread>
#include <utility>

#include "cli/base64.hpp"
#include "cli/json_slice.hpp"
#include "cli/text_safety.hpp"
#include "cli/waiting.hpp"

namespace reeve::cli {

LogReader::LogReader(Session& session, Options options, std::function<void(std::string_view)> take)
    : session_(session), options_(std::move(options)), take_(std::move(take)) {}

std::string LogReader::epoch_query() const { return options_.epoch ? "&epoch=" + std::to_string(*options_.epoch) : std::string{}; }

void LogReader::give(std::string_view line) {
  const Object fields = parse_object(line);
  const std::int64_t seq = integer_in(fields, "seq").value_or(0);
  if (seq <= seen_) return;
  seen_ = seq;
  if (options_.epoch && integer_in(fields, "epoch") != options_.epoch) return;
  take_(line);
}

void LogReader::read_page(const std::string& query, bool& more) {
  const Answer page = session_.daemon().get("/v1/tasks/" + options_.path + "/log?" + query + epoch_query());
  for (const std::string_view line : elements_of(member_of(page.body, "lines").value_or("[]"))) give(line);
  const auto next = member_of(page.body, "next");
  more = next && *next != "null";
}

void LogReader::catch_up() {
  bool more = true;
  while (more) {
    const std::int64_t before = seen_;
    read_page("after=" + std::to_string(seen_) + "&limit=1000", more);
    if (seen_ == before) return;
  }
}

void LogReader::read() {
  if (!options_.last) return catch_up();
  bool more = false;
  if (*options_.last > 0) return read_page("last=" + std::to_string(*options_.last), more);
  // None of them is wanted, but what comes after them is.
  auto take = std::exchange(take_, [](std::string_view) {});
  read_page("last=1", more);
  take_ = std::move(take);
}

void LogReader::follow() {
  bool over = false;
  Connection stream = session_.another_connection();
  const auto on_message = [&](const api::StreamMessage& message) {
    if (message.event == "bootstrap") catch_up();
    else if (message.event == "log") give(message.data);
    else if (message.event == "end") over = true;
    return !over;
  };
  while (!over) {
    patiently(session_, restart_patience, [&] { stream.follow("/v1/tasks/" + options_.path + "/stream?log=true&last=0", on_message); });
    // A daemon that stops says `shutdown` and ends the stream; the next try waits for its return.
    if (!over) std::this_thread::sleep_for(between_streams);
  }
  catch_up();
}

std::string bytes_of_line(const Object& line) {
  const std::string encoded = text_in(line, "message_base64");
  if (!encoded.empty())
    if (auto bytes = from_base64(encoded)) return *bytes;
  return text_in(line, "message");
}

std::string message_of_line(const Session& session, const Object& line) {
  return session.options().raw ? bytes_of_line(line) : safe_line(bytes_of_line(line));
}

}  // namespace reeve::cli

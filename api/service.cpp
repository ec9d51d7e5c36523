#include "api/service.hpp"

#include <charconv>

#include "api/problem.hpp"
#include "supervisor/reader_thread.hpp"

namespace reeve::api {

namespace asio = boost::asio;

namespace {

constexpr std::string_view external_prefix = "ext:";

store::TaskId parse_task_id(const std::string& text) {
  std::int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || number < 1)
    throw Problem(404, "task_not_found", "no task \"" + text.substr(0, 60) + "\"; a task is named by its number, or by ext: and its external id");
  return store::TaskId{number};
}

}  // namespace

std::optional<Seen> see(store::Reader& reader, store::TaskId id) {
  auto task = reader.get(id);
  if (!task) return std::nullopt;
  Seen seen;
  if (task->status == store::Status::queued) seen.paused = reader.pauses().holds(*task);
  seen.task = std::move(*task);
  return seen;
}

asio::awaitable<store::TaskId> resolve(Service& service, std::string text) {
  if (text.compare(0, external_prefix.size(), external_prefix) != 0) co_return parse_task_id(text);
  const std::string external = text.substr(external_prefix.size());
  auto find = [&external](store::Reader& reader) { return reader.find_external(external); };
  const std::optional<store::TaskId> found = co_await service.backend.reader.read(std::move(find));
  if (!found) throw Problem(404, "task_not_found", "no task has the external id \"" + external.substr(0, 100) + "\"");
  co_return *found;
}

asio::awaitable<Seen> look_up(Service& service, store::TaskId id) {
  auto read = [id](store::Reader& reader) { return see(reader, id); };
  std::optional<Seen> seen = co_await service.backend.reader.read(std::move(read));
  if (!seen) refuse_missing(id);
  co_return std::move(*seen);
}

void refuse_missing(store::TaskId id) {
  throw Problem(404, "task_not_found",
                "no task " + std::to_string(number(id)) + "; it was never there, was deleted, or was let go by retention (`reeve list` shows what is kept)");
}

}  // namespace reeve::api

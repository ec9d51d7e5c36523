#include "handlers/handler.hpp"

#include <algorithm>

#include "handlers/nearest.hpp"

namespace reeve::handlers {

namespace {

// A command is run once unless its enqueuer asks for more: nobody expects a shell line that failed to run again.
Handler command_handler() {
  Handler handler;
  handler.kind = command_kind;
  handler.retry.attempts = 1;
  handler.declared_at = "built in";
  auto process = std::make_shared<executors::ProcessSpec>();
  process->env.emplace("PATH", default_path);
  handler.process = std::move(process);
  return handler;
}

template <class Items, class Key>
auto* find_by(const Items& items, std::string_view word, Key key) {
  const auto at = std::lower_bound(items.begin(), items.end(), word, [&](const auto& item, std::string_view w) { return key(item) < w; });
  return at != items.end() && key(*at) == word ? &*at : nullptr;
}

std::string_view kind_of(const Handler& handler) { return handler.kind; }
std::string_view name_of(const Queue& queue) { return queue.name; }

}  // namespace

Handlers::Handlers(std::vector<Handler> handlers, std::vector<Queue> queues, Schedules schedules)
    : handlers_(std::move(handlers)), queues_(std::move(queues)), schedules_(std::move(schedules)) {
  const bool declared = std::any_of(handlers_.begin(), handlers_.end(), [](const Handler& h) { return h.kind == command_kind; });
  if (!declared) handlers_.push_back(command_handler());
  std::stable_sort(handlers_.begin(), handlers_.end(), [](const Handler& a, const Handler& b) { return a.kind < b.kind; });
  for (std::size_t i = 0; i < handlers_.size(); ++i)
    for (const std::string& alias : handlers_[i].aliases) aliases_.emplace(alias, i);
  std::stable_sort(queues_.begin(), queues_.end(), [](const Queue& a, const Queue& b) { return a.name < b.name; });
}

const Handler* Handlers::find(std::string_view kind) const {
  if (const Handler* named = find_by(handlers_, kind, kind_of)) return named;
  const auto alias = aliases_.find(kind);
  return alias == aliases_.end() ? nullptr : &handlers_[alias->second];
}

const Queue* Handlers::find_queue(std::string_view name) const { return find_by(queues_, name, name_of); }

std::string Handlers::suggestion(std::string_view word) const {
  std::vector<std::string_view> kinds;
  for (const Handler& handler : handlers_) kinds.push_back(handler.kind);
  return nearest(word, kinds);
}

}  // namespace reeve::handlers

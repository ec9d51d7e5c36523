#include "api/why_after.hpp"

namespace reeve::api {

namespace {

constexpr std::size_t tasks_told = 5;

}  // namespace

std::optional<Why> why_it_comes_after(const store::Dependencies& dependencies) {
  if (dependencies.open == 0) return std::nullopt;
  std::string first;
  std::string ids;
  std::size_t told = 0;
  for (const store::Dependency& one : dependencies.on) {
    if (one.ended || told == tasks_told) continue;
    const std::string id = std::to_string(number(one.task));
    if (told++ == 0) first = id;
    ids += (ids.empty() ? "" : ", ") + id;
  }
  const bool one = dependencies.open == 1;
  Why why;
  why.code = "dependency";
  why.message = "it comes after " + std::to_string(dependencies.on.size()) + (dependencies.on.size() == 1 ? " task" : " tasks") + ", of which " +
                std::to_string(dependencies.open) + (one ? " has" : " have") + " not ended: " + ids +
                (dependencies.open > static_cast<std::int64_t>(told) ? ", ..." : "") +
                (dependencies.policy == store::AfterPolicy::success ? "; it is cancelled if one of them does not succeed" : "");
  why.fix = "see `reeve why " + first + "`";
  return why;
}

}  // namespace reeve::api

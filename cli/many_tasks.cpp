#include "cli/many_tasks.hpp"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "cli/exit_code.hpp"
#include "cli/json_slice.hpp"

namespace reeve::cli {
namespace {

constexpr std::size_t chunk = 500;
constexpr std::size_t worth_a_counter = 2'000;

std::string tasks_text(std::size_t count) { return std::to_string(count) + (count == 1 ? " task" : " tasks"); }

void check_is_chosen(const Selection& selection, const ManyAction& action) {
  if (!selection.empty()) return;
  throw UsageError(action.verb + " what? Name tasks (reeve " + action.verb + " 17 40-52), filter (--kind, --queue, --state, ...), or say --all");
}

// Tasks that were typed one by one are meant; a filter may catch more than one thinks.
bool is_agreed(Session& session, const Selection& selection, const ManyAction& action, std::size_t count) {
  if (selection.is_explicit() || count <= 1 || session.options().yes) return true;
  std::string question = action.verb + " " + tasks_text(count);
  if (session.terminal().in && session.terminal().err) {
    if (session.confirms(question + "?")) return true;
    session.say("nothing was changed");
    return false;
  }
  throw UsageError("this would " + question + "; say --yes to do it (nothing was changed)");
}

std::string request_of(const std::vector<std::int64_t>& ids, std::size_t from, const ManyAction& action) {
  std::string array{};
  for (std::size_t i = from; i < std::min(from + chunk, ids.size()); ++i) array += (array.empty() ? "" : ",") + std::to_string(ids[i]);
  JsonObject request = action.more;
  return request.add_raw("ids", "[" + array + "]").text();
}

// What became of one task, and the other task that has to do with it, if there is one.
std::string result_line(const Object& item) {
  std::string line = std::to_string(integer_in(item, "id").value_or(0)) + "\t" + text_in(item, "result");
  for (const char* other : {"task", "holder"})
    if (const auto id = integer_in(item, other)) line += "\t" + std::to_string(*id);
  return line;
}

class Report {
 public:
  Report(Session& session, const ManyAction& action) : session_(session), action_(action) {}

  void take(std::string_view json) {
    const Object item = parse_object(json);
    const std::string result = text_in(item, "result");
    ++counts_[result];
    if (session_.json()) session_.print(json);
    else session_.print(result_line(item));
  }

  void summarise() const {
    std::string text{};
    for (const auto& [result, count] : counts_) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + result;
    if (!counts_.empty()) session_.say(text);
  }

  [[nodiscard]] int exit_code(bool is_explicit) const {
    bool all_good = true;
    for (const auto& [result, count] : counts_) {
      if (result == "not_found" && is_explicit) return ExitCode::not_found;
      const bool good = std::find(action_.good_results.begin(), action_.good_results.end(), result) != action_.good_results.end();
      // What was found by a filter may have changed since; that is no failure.
      if (!good && is_explicit) all_good = false;
    }
    return all_good ? ExitCode::ok : ExitCode::failed;
  }

 private:
  Session& session_;
  const ManyAction& action_;
  std::map<std::string, int> counts_{};
};

std::int64_t id_of_external(Session& session, const std::string& word) {
  const Answer answer = session.daemon().get("/v1/tasks/" + path_of_task(word));
  return integer_in(answer.object(), "id").value_or(0);
}

}  // namespace

void list_tasks(Session& session, const Selection& selection, const std::string& more_query, const std::function<bool(std::string_view)>& take) {
  for (const std::string& external : selection.external_ids)
    if (!take(session.daemon().get("/v1/tasks/" + path_of_task(external)).body)) return;
  if (!selection.external_ids.empty() && selection.ids.empty() && selection.ranges.empty()) return;
  for (const std::string& query : list_queries(selection)) {
    std::string after{};
    do {
      std::string target = "/v1/tasks?" + query + (query.empty() ? "" : "&") + more_query;
      if (!after.empty()) target += "&after=" + percent_encoded(after);
      const Answer page = session.daemon().get(target);
      for (const std::string_view task : elements_of(member_of(page.body, "tasks").value_or("[]")))
        if (!take(task)) return;
      after.clear();
      if (const auto next = member_of(page.body, "next")) after = next->starts_with('"') ? std::string(next->substr(1, next->size() - 2)) : std::string(*next);
    } while (!after.empty() && after != "null");
  }
}

std::vector<std::int64_t> expand(Session& session, const Selection& selection) {
  std::set<std::int64_t> ids{};
  if (selection.is_explicit()) {
    ids.insert(selection.ids.begin(), selection.ids.end());
    for (const std::string& external : selection.external_ids) ids.insert(id_of_external(session, external));
    return {ids.begin(), ids.end()};
  }
  list_tasks(session, selection, "order=oldest&limit=1000", [&](std::string_view task) {
    ids.insert(integer_in(parse_object(task), "id").value_or(0));
    return true;
  });
  return {ids.begin(), ids.end()};
}

int act_on_one(Session& session, const Selection& selection, const ManyAction& action) {
  const std::string word = selection.ids.empty() ? selection.external_ids.at(0) : std::to_string(selection.ids.at(0));
  const Answer answer = session.daemon().post("/v1/tasks/" + path_of_task(word) + "/" + action.verb, action.more.text(), action.headers);
  session.print(session.json() ? answer.body : result_line(answer.object()));
  return ExitCode::ok;
}

int act_on_many(Session& session, Selection selection, const ManyAction& action) {
  check_is_chosen(selection, action);
  const bool is_explicit = selection.is_explicit();
  if (!is_explicit && selection.states.empty()) selection.states = action.usual_states;
  const std::vector<std::int64_t> ids = expand(session, selection);
  if (ids.empty()) {
    session.say("no task matches; nothing was changed");
    return ExitCode::ok;
  }
  if (!is_agreed(session, selection, action, ids.size())) return ExitCode::failed;
  Report report(session, action);
  for (std::size_t done = 0; done < ids.size(); done += chunk) {
    const Answer answer = session.daemon().post("/v1/tasks/" + action.verb, request_of(ids, done, action), action.headers);
    for (const std::string_view item : elements_of(member_of(answer.body, "results").value_or("[]"))) report.take(item);
    if (ids.size() >= worth_a_counter && session.terminal().err)
      session.err() << "\r" << std::min(done + chunk, ids.size()) << " of " << ids.size() << "\x1b[K" << std::flush;
  }
  if (ids.size() >= worth_a_counter && session.terminal().err) session.err() << "\r\x1b[K";
  report.summarise();
  return report.exit_code(is_explicit);
}

}  // namespace reeve::cli

#include <ostream>
#include <thread>

#include "cli/exit_code.hpp"
#include "cli/json_slice.hpp"
#include "cli/selector.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/waiting.hpp"

namespace reeve::cli {
namespace {

constexpr int usual_count = 50;

class Events final : public Verb {
 public:
  About about() const override {
    return {"events", "what happened, in order; each line begins with its cursor",
            "  reeve events -n 200\n"
            "  reeve events -f --types 'task.failed,queue.*'\n"
            "  reeve events --since 1h --json\n"
            "  reeve events -f --cursor 4711        strictly after this one, nothing left out, nothing twice\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.flag("-f,--follow", follow_, "go on");
    grammar.option("--types", types_, "TYPE", "only these; may end in *");
    grammar.option("--kind", kinds_, "KIND", "only of tasks of these kinds");
    grammar.option("--queue", queues_, "QUEUE", "only of these queues");
    grammar.option("--task", task_, "TASK", "only of this task");
    grammar.option("--cursor", cursor_, "N", "strictly after this one");
    grammar.option("--since", since_, "TIME", "from then on; 2h ago is 2h");
    grammar.option("-n,--last", last_, "N", "look at the last N events (50)");
  }

  int run(Session& session) override {
    if (last_ && *last_ < 0) throw UsageError("-n: " + std::to_string(*last_) + " is not a number of events; write 0 or more");
    std::string cursor = std::to_string(first_cursor(session));
    for (bool more = true; more;) more = print_page(session, cursor);
    if (follow_) follow(session, cursor);
    return ExitCode::ok;
  }

 private:
  [[nodiscard]] std::int64_t first_cursor(Session& session) const {
    if (cursor_ && since_) throw UsageError("--cursor and --since exclude each other; leave one of them out");
    if (cursor_) return number_in_option("--cursor", *cursor_);
    if (since_) return before_moment(session, moment_of(session, *since_));
    return std::max<std::int64_t>(0, before_moment(session, store::Timestamp::max()) - last_.value_or(usual_count));
  }

  static std::int64_t number_in_option(const char* option, const std::string& word) {
    if (word.empty() || word.size() > 18 || word.find_first_not_of("0123456789") != std::string::npos)
      throw UsageError(std::string(option) + ": \"" + word + "\" is no cursor; write the number an event line begins with");
    return std::stoll(word);
  }

  static store::Timestamp moment_of(const Session& session, const std::string& word) {
    if (const auto ago = store::parse_duration(word)) return session.now() - *ago;
    if (const auto at = store::parse_rfc3339(word)) return *at;
    throw UsageError("--since: \"" + word + "\" is no moment; write a duration ago (30m, 2h) or 2026-11-20T08:00:00Z");
  }

  // The greatest cursor that has only events before `at` behind it. Found by halving: cursors and times grow together.
  static std::int64_t before_moment(Session& session, store::Timestamp at) {
    const auto is_before = [&](std::int64_t cursor) {
      const Object page = session.daemon().get("/v1/events?limit=1&after=" + std::to_string(cursor)).object();
      const Array& events = array_in(page, "events");
      if (events.empty()) return false;
      const auto then = moment_in(as_object(events.front()), "at");
      return then && *then < at;
    };
    if (!is_before(0)) return 0;
    std::int64_t low = 0, high = 1;
    while (is_before(high)) {
      low = high;
      high *= 2;
    }
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (is_before(middle) ? low : high) = middle;
    }
    return high;
  }

  [[nodiscard]] std::string filters() const {
    std::string query{};
    for (const std::string& type : types_) query += "&type=" + percent_encoded(type);
    for (const std::string& kind : kinds_) query += "&kind=" + percent_encoded(kind);
    for (const std::string& queue : queues_) query += "&queue=" + percent_encoded(queue);
    if (task_) query += "&task=" + path_of_task(*task_);
    return query;
  }

  // True: there may be more. `cursor` moves to the last event looked at.
  bool print_page(Session& session, std::string& cursor) const {
    const Answer page = session.daemon().get("/v1/events?limit=1000&after=" + cursor + filters());
    const auto events = elements_of(member_of(page.body, "events").value_or("[]"));
    for (const std::string_view event : events) print(session, event, cursor);
    const auto next = member_of(page.body, "next");
    if (!next || *next == "null") return false;
    const std::string from = std::exchange(cursor, next->starts_with('"') ? std::string(next->substr(1, next->size() - 2)) : std::string(*next));
    return from != cursor;
  }

  void follow(Session& session, std::string& cursor) const {
    session.out().flush();  // what is there is read while nothing new comes
    Connection stream = session.another_connection();
    const auto on_message = [&](const api::StreamMessage& message) {
      if (message.event == "event") print(session, message.data, cursor);
      if (message.event == "reset") session.say("events before this point are no longer kept; some are missing here");
      session.out().flush();
      return static_cast<bool>(session.out());
    };
    while (session.out()) {
      const std::string target = "/v1/events/stream?since=" + cursor + filters();
      patiently(session, restart_patience, [&] { stream.follow(target, on_message); });
      std::this_thread::sleep_for(between_streams);
    }
  }

  void print(const Session& session, std::string_view json, std::string& cursor) const {
    const Object event = parse_object(json);
    if (const auto seq = integer_in(event, "seq")) cursor = std::to_string(*seq);
    if (session.json()) return session.print(json);
    const auto at = moment_in(event, "at");
    const auto task = integer_in(event, "task");
    const std::string_view data = member_of(json, "data").value_or("");
    const char* const gap = session.terminal().out ? "  " : "\t";
    session.out() << cursor << gap << (at ? store::to_rfc3339(*at) : "") << gap << one_line(text_in(event, "type")) << gap
                  << (task ? std::to_string(*task) : "") << gap << one_line(text_in(event, "kind")) << gap << one_line(text_in(event, "queue")) << gap
                  << one_line(text_in(event, "actor")) << gap << one_line(data) << '\n';
  }

  bool follow_ = false;
  std::vector<std::string> types_{};
  std::vector<std::string> kinds_{};
  std::vector<std::string> queues_{};
  std::optional<std::string> task_{};
  std::optional<std::string> cursor_{};
  std::optional<std::string> since_{};
  std::optional<int> last_{};
};

}  // namespace

std::unique_ptr<Verb> make_events() { return std::make_unique<Events>(); }

}  // namespace reeve::cli

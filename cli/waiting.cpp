#include "cli/waiting.hpp"

#include <algorithm>
#include <ostream>
#include <thread>

#include "cli/exit_code.hpp"
#include "cli/json_slice.hpp"
#include "cli/progress_bar.hpp"
#include "cli/selector.hpp"

namespace reeve::cli {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds slice_with_bar{500};
constexpr milliseconds slice_without{60'000};
constexpr milliseconds between_tries{200};
constexpr milliseconds had_a_daemon{1'000};  // a refused connection is refused at once

class Bar {
 public:
  explicit Bar(Session& session) : session_(session), shown_(session.terminal().err && !session.json()) {}
  ~Bar() {
    if (drawn_) session_.err() << "\r\x1b[K" << std::flush;
  }
  [[nodiscard]] bool is_shown() const { return shown_; }

  void draw(const BarState& state) {
    session_.err() << "\r" << progress_line(state, session_.terminal().width - 1) << "\x1b[K" << std::flush;
    drawn_ = true;
  }

 private:
  Session& session_;
  bool shown_;
  bool drawn_ = false;
};

}  // namespace

std::optional<milliseconds> timeout_in(const std::optional<std::string>& word) {
  if (!word) return std::nullopt;
  const auto timeout = store::parse_duration(*word);
  if (!timeout) throw UsageError("--timeout: \"" + *word + "\" is not a duration; write 30s, 5m or 2h");
  return timeout;
}

int exit_code_of_task(const Object& task) { return text_in(task, "status") == "succeeded" ? ExitCode::ok : ExitCode::failed; }

void patiently(Session& session, milliseconds patience, const std::function<void()>& work) {
  std::optional<Steady::time_point> gone_since{};
  while (true) {
    const auto begun = Steady::now();
    try {
      return work();
    } catch (const api::Unreachable&) {
      // Work that went on for a while had a daemon: it has only gone now.
      if (!gone_since || Steady::now() - begun > had_a_daemon) {
        gone_since = Steady::now();
        if (patience > milliseconds{0}) session.say("the daemon went away; waiting for it to come back");
      }
      if (Steady::now() - *gone_since >= patience) throw;
      std::this_thread::sleep_for(between_tries);
    }
  }
}

namespace {

// What is waited for: the route, the member of its answer, and how far it is.
struct Awaited {
  std::string path{};
  std::string member{};
  BarState (*progress)(const Object& thing);
};

Waited wait_for_any(Session& session, const Awaited& awaited, std::optional<milliseconds> timeout, Daemon daemon) {
  Bar bar(session);
  const auto start = Steady::now();
  Waited waited{};
  milliseconds patience = daemon == Daemon::has_answered ? restart_patience : milliseconds{0};
  while (true) {
    // The first look is short: a daemon that answered it is worth waiting for.
    milliseconds slice = patience.count() == 0 ? milliseconds{0} : bar.is_shown() ? slice_with_bar : slice_without;
    if (timeout) slice = std::min(slice, std::max(milliseconds{0}, *timeout - std::chrono::duration_cast<milliseconds>(Steady::now() - start)));
    patiently(session, patience, [&] {
      const Answer answer = session.daemon().get(awaited.path + "?timeout=" + store::to_text(slice), slice + std::chrono::seconds{30});
      waited.done = is_set_in(answer.object(), "done");
      waited.task = std::string(member_of(answer.body, awaited.member).value_or("{}"));
    });
    patience = restart_patience;
    if (waited.done) return waited;
    if (timeout && Steady::now() - start >= *timeout) return waited;
    if (bar.is_shown()) bar.draw(awaited.progress(parse_object(waited.task)));
  }
}

BarState task_progress(const Object& task) {
  const Object& progress = object_in(task, "progress");
  BarState state{number_in(progress, "percent").value_or(0), number_in(progress, "current"), number_in(progress, "total"), text_in(progress, "label")};
  if (progress.empty()) state.label = text_in(task, "state");
  return state;
}

BarState batch_progress(const Object& batch) {
  return {number_in(batch, "percent").value_or(0), number_in(batch, "ended"), number_in(batch, "total"), text_in(batch, "name")};
}

}  // namespace

Waited wait_for(Session& session, const std::string& path, std::optional<milliseconds> timeout, Daemon daemon) {
  const Awaited awaited{"/v1/tasks/" + path + "/wait", "task", task_progress};
  return wait_for_any(session, awaited, timeout, daemon);
}

Waited wait_for_batch(Session& session, const std::string& path, std::optional<milliseconds> timeout) {
  const Awaited awaited{path, "batch", batch_progress};
  return wait_for_any(session, awaited, timeout, Daemon::not_seen);
}

}  // namespace reeve::cli

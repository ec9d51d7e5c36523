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
constexpr milliseconds restart_patience{30'000};
constexpr milliseconds between_tries{200};

class Bar {
 public:
  explicit Bar(Session& session) : session_(session), shown_(session.terminal().err && !session.json()) {}
  ~Bar() {
    if (drawn_) session_.err() << "\r\x1b[K" << std::flush;
  }
  [[nodiscard]] bool is_shown() const { return shown_; }

  void draw(const Object& task) {
    const Object& progress = object_in(task, "progress");
    BarState state{number_in(progress, "percent").value_or(0), number_in(progress, "current"), number_in(progress, "total"),
                   text_in(progress, "label")};
    if (progress.empty()) state.label = text_in(task, "state");
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
  const auto deadline = Steady::now() + patience;
  bool said = false;
  while (true) {
    try {
      return work();
    } catch (const api::Unreachable&) {
      if (Steady::now() >= deadline) throw;
      if (!said) session.say("the daemon went away; waiting for it to come back");
      said = true;
      std::this_thread::sleep_for(between_tries);
    }
  }
}

Waited wait_for(Session& session, const std::string& path, std::optional<milliseconds> timeout) {
  Bar bar(session);
  const auto start = Steady::now();
  Waited waited{};
  milliseconds patience{0};  // a daemon that was never there is not waited for
  while (true) {
    milliseconds slice = bar.is_shown() ? slice_with_bar : slice_without;
    if (timeout) slice = std::min(slice, std::max(milliseconds{0}, *timeout - std::chrono::duration_cast<milliseconds>(Steady::now() - start)));
    patiently(session, patience, [&] {
      const Answer answer = session.daemon().get("/v1/tasks/" + path + "/wait?timeout=" + store::to_text(slice), slice + std::chrono::seconds{30});
      waited.done = is_set_in(answer.object(), "done");
      waited.task = std::string(member_of(answer.body, "task").value_or("{}"));
    });
    patience = restart_patience;
    if (waited.done) return waited;
    if (timeout && Steady::now() - start >= *timeout) return waited;
    if (bar.is_shown()) bar.draw(parse_object(waited.task));
  }
}

}  // namespace reeve::cli

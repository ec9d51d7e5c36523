// The handlers under test, C++: as plain_handlers.py.
#include <reeve/handler.hpp>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace {

using reeve::Task;
using namespace std::chrono_literals;
namespace json = reeve::json;

std::string about(Task& task) {
  json::Writer labels{};
  for (const auto& [name, value] : task.labels) labels.string(name, value);
  return json::Writer{}.integer("id", task.id).string("kind", task.kind).integer("attempt", task.attempt).integer("max_attempts", task.max_attempts)
      .string("queue", task.queue).raw("labels", labels.text()).string("token", task.token).text();
}

std::string steps(Task& task) {
  const std::string one = task.step("one", [] { return R"({"n":1})"; }, R"({"of":"one"})");
  const std::string two = task.step("two", [&] { return std::to_string(json::integer(json::member(one, "n")).value() + 1); });
  return "[" + one + "," + two + "]";
}

std::string nap(Task& task) {
  try {
    task.sleep(1h, "nap");
  } catch (const std::exception&) {
    return R"("swallowed")";
  }
  return R"("rested")";
}

std::string approval(Task& task) {
  const auto signal = task.wait_signal("approved", 60s);
  return signal ? signal->payload : "";
}

std::string ask(Task& task) {
  const std::int64_t child = task.enqueue("other", R"({"n":1})", R"({"priority":3})", "first");
  task.enqueue_staged("other");
  const auto done = task.wait_tasks({child}, true, 2s);
  const auto taken = task.take_signal("x");
  const std::string timer = task.timer("t", 1s), gone = task.cancel_timer("t");
  const std::string ended = json::Writer{}.integer("id", done->at(0).id).string("status", done->at(0).status).text();
  return json::Writer{}.integer("child", child).raw("done", "[" + ended + "]").raw("taken", taken ? "true" : "null").string("timer", timer)
      .string("gone", gone).raw("other", json::member(task.get(child), "status")).text();
}

std::string refused(Task& task) {
  try {
    task.enqueue("unknown");
  } catch (const reeve::Refused& no) {
    return json::quoted(no.code);
  }
  return "";
}

std::string tell(Task& task) {
  task.progress(40, "half \xC3\xA9");
  reeve::Progress now{};
  now.current = 1;
  now.total = 2.5;
  task.progress(now);
  task.log("hello\n\"there\"", "warn", R"({"size":12})");
  task.beat();
  task.sleep(0ms, "gate");
  return R"("told")";
}

std::string until_cancelled(Task& task) {
  task.sleep(0ms, "gate");
  while (true) task.progress(1);
}

std::string noise(Task&) {
  std::puts(R"({"type":"result","value":"printed"})");
  std::fflush(stdout);
  const bool could = std::system("(echo '{}' >&3) 2>/dev/null") == 0;
  return json::Writer{}.raw("child_could_speak", could ? "true" : "false").raw("fd_in_environment", std::getenv("REEVE_FD") ? "true" : "false").text();
}

[[noreturn]] std::string boom(Task&) { throw std::runtime_error("boom"); }
[[noreturn]] std::string reject(Task&) { throw reeve::Reject("bad_input", "no", R"({"field":"x"})"); }
[[noreturn]] std::string retry(Task&) { throw reeve::Retry("busy", reeve::Moment(1234500ms), "http_503"); }
[[noreturn]] std::string snooze(Task&) { throw reeve::Snooze(1500ms); }
std::string bad_step(Task& task) {
  return task.step("bad", []() -> std::string { throw std::domain_error("no number"); });
}

}  // namespace

int main() {
  return reeve::serve(reeve::Bodies{{"echo", [](Task& task) { return task.payload; }},
                                    {"bad_result", [](Task&) { return "{\"no\": "; }}, {"about", about}, {"fail", boom}, {"reject", reject}, {"retry", retry}, {"snooze", snooze}, {"steps", steps},
                                    {"bad_step", bad_step}, {"nap", nap}, {"approval", approval}, {"ask", ask}, {"refused", refused}, {"tell", tell},
                                    {"until_cancelled", until_cancelled}, {"noise", noise}});
}

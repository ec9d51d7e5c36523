#include "executors/process/process_executor.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <exception>
#include <utility>
#include <variant>

#include "executors/capabilities.hpp"
#include "executors/process/body.hpp"
#include "executors/process/classify.hpp"
#include "executors/process/features.hpp"
#include "executors/process/preparation.hpp"
#include "executors/process/proc.hpp"
#include "executors/process/spawn.hpp"
#include "executors/process/strays.hpp"
#include "executors/protocol/terminal.hpp"
#include "executors/scoreboard/presence.hpp"

namespace reeve::executors::process {
namespace {

namespace asio = boost::asio;
using protocol::Terminal;

Outcome ended(End end) {
  Outcome outcome;
  outcome.end = std::move(end);
  return outcome;
}

SpawnFailed not_watched(const std::exception& problem) { return {"watch", ENOMEM, std::string("the loop cannot watch its pipes: ") + problem.what()}; }

// Payload files may belong to other users, who must be able to pass; nobody may list the folder.
void make_payload_folder(const std::string& folder) {
  if (!folder.empty()) ::mkdir(folder.c_str(), 0711);
}

// What the handler said, held against what its declaration says about results.
std::optional<Terminal> accepted(std::optional<Terminal> said, std::size_t printed, const ProcessSpec& spec) {
  if (said) return protocol::accepted(std::move(*said), spec);
  if (printed > static_cast<std::size_t>(spec.result_bytes_max)) return protocol::too_large(printed, spec.result_bytes_max);
  return std::nullopt;
}

// The leader's own end does not show it when the kernel took another process of the body.
void tell_of_lost_processes(std::int64_t oom_kills, Conversation& conversation) {
  if (oom_kills == 0) return;
  OutputLine line;
  line.stream = Stream::entry;
  line.level = "warn";
  line.message = "the kernel killed " + std::to_string(oom_kills) + " of its processes: out of memory; raise limits.memory or make the handler smaller";
  conversation.capture().entry(std::move(line));
}

Outcome outcome_of(Body& body, Conversation& conversation, const ProcessSpec& spec) {
  Outcome outcome;
  outcome.exit = body.exit();
  outcome.use = body.use();
  outcome.use.output_bytes = conversation.capture().output_bytes();
  outcome.use.dropped_bytes = conversation.capture().dropped_bytes();
  outcome.stderr_tail = conversation.capture().stderr_tail();
  outcome.left_children = body.take_left_children();
  std::string printed = conversation.take_printed();
  Ending ending;
  ending.exit = outcome.exit;
  ending.said = accepted(std::move(conversation.said()), printed.size(), spec);
  ending.stop = body.stopped();
  ending.stop_signal = spec.stop_signal;
  ending.oom = body.out_of_memory();
  ending.broken = conversation.broken();
  ending.suspending = conversation.suspending();
  ending.printed = printed_result(std::move(printed));
  outcome.end = classify(std::move(ending), spec.exit_codes);
  return outcome;
}

}  // namespace

ProcessExecutor::ProcessExecutor(asio::any_io_executor loop, const Options& options, std::shared_ptr<Containment> containment,
                                 std::shared_ptr<scoreboard::Scoreboard> scoreboard)
    : loop_(std::move(loop)), surroundings_(surroundings_of(options)), payload_folder_(options.attempt_dir), containment_(std::move(containment)),
      scoreboard_(std::move(scoreboard)), buffer_(std::make_unique<ReadBuffer>()) {
  make_payload_folder(payload_folder_);
}

Capabilities ProcessExecutor::capabilities() const { return *capabilities_of("process"); }

asio::awaitable<Outcome> ProcessExecutor::run(Execution execution, Observer& observer, Brake& brake) {
  if (brake.reason()) co_return ended(Stopped{*brake.reason()});
  if (!execution.process) co_return ended(SpawnFailed{"command", EINVAL, "the handler has no command"});

  Tree tree(containment_, execution);
  Preparation preparation(execution, surroundings_, payload_folder_);
  if (auto end = preparation.make(tree)) co_return ended(std::move(*end));
  scoreboard::Presence presence(scoreboard_, "process", execution.kind);
  presence.takes(execution);
  if (const std::string page = presence.open_page(preparation.owner()); !page.empty()) preparation.tell("REEVE_SCOREBOARD", page);
  scoreboard::ShownObserver shown(observer, presence);
  Bell news(loop_);
  std::optional<Conversation> conversation;
  try {
    conversation.emplace(loop_, execution, shown, news, *buffer_, preparation.pipes());
  } catch (const std::exception& problem) {
    co_return ended(not_watched(problem));
  }

  auto spawned = spawn(loop_, preparation.plan(), tree.cgroup());
  preparation.close_childs_ends();
  if (auto* failed = std::get_if<SpawnFailed>(&spawned)) co_return ended(std::move(*failed));
  Body body(loop_, execution, std::get<Child>(std::move(spawned)), tree, *conversation, news, brake, presence);
  shown.started(body.pid());
  presence.watched_by(shown);
  conversation->begin();
  co_await body.live();
  co_await body.bury();
  if (!body.out_of_memory()) tell_of_lost_processes(tree.limits().oom_kills(), *conversation);
  conversation->capture().finish();
  presence.unwatched_by(shown);
  co_return outcome_of(body, *conversation, *execution.process);
}

std::vector<Feature> ProcessExecutor::features() const { return features_of(*containment_); }

std::vector<LeftChild> ProcessExecutor::remove_strays() {
  return process::remove_strays(containment_->store_folders(), surroundings_.store_id, surroundings_.incarnation);
}

}  // namespace reeve::executors::process

#include "executors/process/preparation.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <variant>

#include "executors/process/arguments.hpp"
#include "executors/process/identity.hpp"

namespace reeve::executors::process {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

rlimit at_most(std::int64_t value) { return {static_cast<rlim_t>(value), static_cast<rlim_t>(value)}; }

}  // namespace

std::optional<End> Preparation::make(const Tree& tree) {
  plan_.cwd = spec_.cwd.c_str();
  plan_.nice = spec_.nice;
  plan_.parent = ::getpid();
  plan_.oom_score = surroundings_.oom_score;
  if (spec_.umask) plan_.umask = static_cast<mode_t>(*spec_.umask);
  if (auto end = make_arguments()) return end;
  if (auto end = make_identity()) return end;
  if (auto end = make_program()) return end;
  if (auto end = make_descriptors()) return end;
  if (auto end = make_sandbox()) return end;
  make_environment();
  return make_limits(tree);
}

std::optional<End> Preparation::make_arguments() {
  auto arguments = arguments_of(spec_.command, execution_.payload);
  if (auto* rejected = std::get_if<Rejected>(&arguments)) return std::move(*rejected);
  arguments_ = std::get<std::vector<std::string>>(std::move(arguments));
  argv_ = pointers_to(arguments_);
  plan_.argv = argv_.data();
  return std::nullopt;
}

std::optional<End> Preparation::make_program() {
  path_ = find_program(arguments_.front(), search_path(spec_));
  program_ = open_program(path_, spec_.cwd);
  if (!program_.unsafe.empty()) return SpawnFailed{"exec", EPERM, "command: " + program_.unsafe};
  plan_.path = path_.c_str();
  plan_.program = program_.file.get();
  return std::nullopt;
}

std::optional<End> Preparation::make_identity() {
  auto resolved = resolve_identity(spec_.user, spec_.group);
  if (auto* unknown = std::get_if<UnknownIdentity>(&resolved)) return SpawnFailed{"user", ENOENT, std::move(unknown->message)};
  auto& identity = std::get<Identity>(resolved);
  home_ = std::move(identity.home);
  plan_.credentials = std::move(identity.credentials);
  return std::nullopt;
}

std::optional<End> Preparation::make_descriptors() {
  auto input = prepare_input(execution_, spec_.payload, payload_folder_, plan_.credentials);
  if (auto* failed = std::get_if<SpawnFailed>(&input)) return std::move(*failed);
  input_ = std::get<Input>(std::move(input));
  if (!lift(input_.in)) return SpawnFailed{"stdin", errno, "stdin: " + std::generic_category().message(errno)};
  auto pipes = open_pipes();
  if (auto* failed = std::get_if<SpawnFailed>(&pipes)) return std::move(*failed);
  pipes_ = std::get<Pipes>(std::move(pipes));
  plan_.descriptors = {input_.in.get(), pipes_.out.theirs.get(), pipes_.err.theirs.get(), pipes_.talk.theirs.get()};
  return std::nullopt;
}

std::optional<End> Preparation::make_sandbox() {
  if (!spec_.sandbox) return std::nullopt;
  auto planned = plan_sandbox(*spec_.sandbox, {path_, spec_.cwd, input_.file.path(), plan_.credentials.has_value()});
  if (auto* failed = std::get_if<SpawnFailed>(&planned)) return std::move(*failed);
  plan_.sandbox = std::get<SandboxPlan>(std::move(planned));
  return std::nullopt;
}

void Preparation::make_environment() {
  environment_ = worker_ ? environment_of(*worker_, execution_.kind, spec_, surroundings_, home_)
                         : environment_of(execution_, spec_, surroundings_, home_, input_.file.path());
  envp_ = pointers_to(environment_);
  plan_.envp = envp_.data();
}

scoreboard::Owner Preparation::owner() const {
  return plan_.credentials ? scoreboard::Owner{plan_.credentials->uid, plan_.credentials->gid} : scoreboard::ourselves();
}

void Preparation::tell(std::string_view name, std::string_view value) {
  environment_.push_back(std::string(name).append("=").append(value));
  envp_ = pointers_to(environment_);
  plan_.envp = envp_.data();
}

// CPU time: a signal that can be caught at the limit, the end two seconds later. What no group holds for the whole tree is set on each
// process instead, where there is a way to say it.
std::optional<End> Preparation::make_limits(const Tree& tree) {
  if (tree.error() != 0)
    return SpawnFailed{"cgroup", tree.error(), "no cgroup for its limits: " + tree.what() + ": " + std::generic_category().message(tree.error())};
  const Limits& limits = spec_.limits;
  const LimitsGroup& group = tree.limits();
  plan_.entrances = group.entrances();
  if (limits.open_files) plan_.limits.emplace_back(RLIMIT_NOFILE, at_most(*limits.open_files));
  if (limits.file_size_bytes) plan_.limits.emplace_back(RLIMIT_FSIZE, at_most(*limits.file_size_bytes));
  if (limits.memory_bytes && !group.holds(Resource::memory)) plan_.limits.emplace_back(RLIMIT_AS, at_most(*limits.memory_bytes));
  if (limits.processes && !group.holds(Resource::processes)) plan_.limits.emplace_back(RLIMIT_NPROC, at_most(*limits.processes));
  if (limits.cpu) {
    const auto seconds = static_cast<rlim_t>(limits.cpu->count());
    plan_.limits.emplace_back(RLIMIT_CPU, rlimit{seconds, seconds + 2});
  }
  if (!limits.cpus || group.holds(Resource::processors)) return std::nullopt;
  return SpawnFailed{"limits", ENOTSUP, "limits.cpus: needs a cgroup with the controller cpu (" + tree.controllers().holder(Resource::processors).why +
                                            "); give the daemon one or remove the limit"};
}

void Preparation::close_childs_ends() {
  input_.in.close();
  pipes_.out.theirs.close();
  pipes_.err.theirs.close();
  pipes_.talk.theirs.close();
  program_.file.close();
  if (plan_.sandbox) plan_.sandbox->fence.close();
}

}  // namespace reeve::executors::process

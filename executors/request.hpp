// What a running body may ask of the supervisor, and how it is answered. Plain values: how they are said is docs/protocol.md, what they do
// to a task is store/steps.hpp.
//
// Waits (sleep, signal, tasks) have a name: the same wait asked for again by a later attempt gives the answer it got, or goes on waiting
// for the same moment. A body that gives none gets "sleep#1", "signal#2", ...: the n-th of its sort in this attempt.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace reeve::executors {

using Moment = std::chrono::system_clock::time_point;

struct BeginStep { std::string name{}; std::string input{}; };              // input: JSON bytes or empty
struct EndStep {
  std::string name{};
  std::string output{};                    // JSON bytes or empty
  bool failed = false;
  std::string code{};                      // of the failure
  std::string message{};
};
// A moment, or a time from the first asking.
struct Sleep { std::string name{}; std::optional<Moment> until{}; std::optional<std::chrono::milliseconds> for_{}; };
struct TakeSignal { std::string name{}; std::string type{}; };              // type empty: any; name empty: not remembered
struct AwaitSignal { std::string name{}; std::string type{}; std::optional<std::chrono::milliseconds> timeout{}; };
struct AwaitTasks { std::string name{}; std::vector<std::int64_t> tasks{}; bool any = false; std::optional<std::chrono::milliseconds> timeout{}; };
// Sends the signal "timer" with {"name": ...} to the task itself when its moment has come.
struct SetTimer { std::string name{}; std::optional<Moment> at{}; std::optional<std::chrono::milliseconds> after{}; };
struct CancelTimer { std::string name{}; };
// `task`: a JSON object as POST /v1/tasks takes it. `name`: asked for again by a later attempt, the same task is answered. Staged: stored
// together with the success of the attempt, and only then.
struct EnqueueTask { std::string task{}; std::string name{}; bool staged = false; };
struct GetTask { std::int64_t task = 0; };

using Request =
    std::variant<BeginStep, EndStep, Sleep, TakeSignal, AwaitSignal, AwaitTasks, SetTimer, CancelTimer, EnqueueTask, GetTask>;

struct Answer {
  std::string members{};                   // a JSON object, what is said back; empty: nothing but that it was done
  bool suspend = false;                    // it waits: the body is to end now, its attempt will be `suspended`
  std::string code{};                      // not empty: refused, with `message`
  std::string message{};
};

}  // namespace reeve::executors

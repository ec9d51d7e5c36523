// Where workers elsewhere wait for tasks, and tasks meet them. Loop thread only.
//
// A worker offers itself for some kinds and waits. Offers are the room of the executor: a task of a remote kind is claimed only while somebody
// waits for it. The offer that has waited longest gets the task.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executors/bell.hpp"
#include "executors/execution.hpp"

namespace reeve::executors::remote {

struct Offer {
  std::vector<std::string> kinds{};
  std::string worker{};                                  // what it calls itself, for the log of its tasks
  std::optional<std::chrono::milliseconds> lease{};      // instead of the handler's
};

// What a worker is given: the attempt, and how long it may be silent.
struct Assignment {
  Execution execution{};
  std::chrono::milliseconds lease{};
};

class Exchange {
 public:
  // `room_changed` is called whenever an offer came or went.
  Exchange(boost::asio::any_io_executor loop, std::function<void()> room_changed);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Waits for a task. Nullopt: none came in time, or `gone` said that nobody waits any more (asked about once a second).
  boost::asio::awaitable<std::optional<Assignment>> claim(Offer offer, std::chrono::milliseconds wait, std::function<bool()> gone);

  // How many workers wait for a task of the kind.
  [[nodiscard]] int room(std::string_view kind) const;

  // Hands the attempt to the worker that waits longest. The lease it was given and the worker's name; nullopt: nobody waits (any more).
  struct Taken { std::chrono::milliseconds lease{}; std::string worker{}; };
  [[nodiscard]] std::optional<Taken> hand_over(const Execution& execution);

 private:
  struct Waiting {
    Offer offer{};
    Bell news;
    std::optional<Assignment> assignment{};
  };
  [[nodiscard]] static bool wants(const Waiting& waiting, std::string_view kind);

  boost::asio::any_io_executor loop_;
  std::function<void()> room_changed_;
  std::list<Waiting*> waiting_{};                        // oldest first; each lives in the frame of its claim()
};

}  // namespace reeve::executors::remote

// Where children are made: a Boost.Process launcher of our own. Boost's fork-based one costs milliseconds in a large daemon, leaks
// descriptors into the child and leaves a zombie for every program that cannot be executed; this one does none of that.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/detail/throw_error.hpp>   // the next one forgets it
#include <boost/process/v2/process.hpp>
#include <variant>

#include "executors/outcome.hpp"
#include "executors/process/child_setup.hpp"
#include "executors/process/descriptor.hpp"

namespace reeve::executors::process {

using Process = boost::process::v2::basic_process<boost::asio::any_io_executor>;

struct Child {
  Process process;     // owns the child: kills and reaps it when it is dropped without detach()
  Descriptor pidfd;    // to wait on, signal and reap by; it never names another process
};

// Either the plan's program runs, or nothing of the child is left.
[[nodiscard]] std::variant<Child, SpawnFailed> spawn(const boost::asio::any_io_executor& loop, ChildPlan& plan, int cgroup);

}  // namespace reeve::executors::process

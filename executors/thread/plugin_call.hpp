// One attempt in a plugin: what the attempt is, said in C, and what the plugin says back.
#pragma once

#include "executors/thread/call.hpp"
#include "executors/thread/plugin.hpp"

namespace reeve::executors::thread {

// On a thread of the pool. What the plugin throws comes out.
[[nodiscard]] End run_plugin(const Plugin& plugin, Call& call);

}  // namespace reeve::executors::thread

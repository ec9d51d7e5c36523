// The places of tenants, given when a task becomes ready.
#pragma once

#include "store/memory/state.hpp"

namespace reeve::store::memory {

// The line of a task with a tenant has tenants from now on.
void open_line(State& state, const Task& task);
// It becomes ready now, when its time has come; else it gets its place when that comes.
void enter_line(State& state, const Task& task, Timestamp now);
// All whose time has come since.
void enter_due(State& state, Timestamp now);
// It was claimed.
void start_from_line(State& state, const Task& task);
// It was cancelled before it was claimed.
void leave_line(State& state, const Task& task);

}  // namespace reeve::store::memory

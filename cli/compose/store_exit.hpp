// The exit code that says why the store cannot be worked on.
#pragma once

#include "cli/exit_code.hpp"
#include "store/store.hpp"

namespace reeve::cli::compose {

[[nodiscard]] constexpr int exit_code_of(store::StoreError::Kind kind) {
  using Kind = store::StoreError::Kind;
  switch (kind) {
    case Kind::io: return ExitCode::io_error;
    case Kind::full: return ExitCode::io_error;
    case Kind::corrupt: return ExitCode::bad_data;
    case Kind::foreign: return ExitCode::bad_data;
    case Kind::newer: return ExitCode::bad_data;
    case Kind::in_use: return ExitCode::unreachable;
    case Kind::busy: return ExitCode::unreachable;
    case Kind::unusable: return ExitCode::cannot_create;
  }
  return ExitCode::internal;
}

}  // namespace reeve::cli::compose

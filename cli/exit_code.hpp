// What the exit code of `reeve` says. Scripts depend on it; docs/guides/command-line.md has the table for people.
#pragma once

namespace reeve::cli {

enum ExitCode : int {
  ok = 0,
  failed = 1,          // the thing asked for did not succeed
  usage = 2,           // the command line is wrong
  not_found = 3,       // no such task, queue, file; not running
  would_change = 4,    // plan: the daemon's configuration would change
  bad_data = 65,       // serve: the store is damaged, foreign, or written by a newer reeve
  internal = 70,       // our own fault
  no_socket = 71,      // serve: the socket cannot be bound
  cannot_create = 73,  // serve: the store cannot be used: permissions, file system
  io_error = 74,       // serve: reading or writing failed; also when stdout cannot be written
  unreachable = 75,    // no daemon answers; serve: another daemon holds the store
  bad_config = 78,     // serve: the configuration has errors
  timed_out = 124,     // waiting ended before the task did
  interrupted = 130    // Ctrl-C
};

}  // namespace reeve::cli

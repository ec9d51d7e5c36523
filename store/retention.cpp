#include "store/retention.hpp"

namespace reeve::store {

KeptFor kept_for(const RetentionPolicy& policy, Status status) {
  if (status == Status::succeeded) return {policy.succeeded, policy.succeeded_per_kind};
  if (status == Status::failed) return {policy.failed, policy.failed_per_kind};
  return {policy.cancelled, std::nullopt};
}

void RetentionReport::add(const RetentionReport& piece) {
  tasks += piece.tasks;
  succeeded += piece.succeeded;
  failed += piece.failed;
  cancelled += piece.cancelled;
  log_lines += piece.log_lines;
  log_bytes += piece.log_bytes;
  steps += piece.steps;
  events += piece.events;
  requests += piece.requests;
  over_bytes = piece.over_bytes;
  more = piece.more;
  next_due = piece.next_due;
}

}  // namespace reeve::store

#include "store/sqlite/key_judge.hpp"

#include <algorithm>

namespace reeve::store::sqlite {

KeyJudge::KeyJudge(Session& session, Keys& keys, LabelPauses& pauses, const ClaimRequest& request, Timestamp now, int so_far)
    : keys_(keys), tokens_(session, request, now), pauses_(pauses), so_far_(so_far), held_lines_(request.held_lines) {
  for (const HeldKey& held : request.held_keys) held_[held.token] += held.bodies;
}

int& KeyJudge::active_with(const std::string& token) {
  const auto known = active_.find(token);
  return known != active_.end() ? known->second : active_.emplace(token, keys_.count_active(token)).first->second;
}

bool KeyJudge::may_start(const HeadKeys& head, TaskId id, const std::string& queue, const std::string& kind, int priority) {
  if (!head.line.empty() && std::find(held_lines_.begin(), held_lines_.end(), head.line) != held_lines_.end()) return false;
  if (head.token.empty()) return true;
  const int active = active_with(head.token);
  const auto held = held_.find(head.token);
  const int bodies = held == held_.end() ? 0 : held->second;
  if (active + bodies < head.limit) {
    const Bucket* bucket = tokens_.bucket(kind, head.token);
    if (!bucket || bucket->tokens() > 0) return true;
    tokens_.wait(kind, head.token);
    blocked_.push_back(id);
    return false;
  }
  int& passed = passed_[{head.token, head.limit, queue, kind, priority}];
  if (active + passed >= head.limit) blocked_.push_back(id);
  else ++passed;
  return false;
}

void KeyJudge::take(const HeadKeys& head, const std::string& kind) {
  if (head.token.empty()) return;
  ++active_with(head.token);
  tokens_.take(kind, head.token);
}

bool KeyJudge::is_paused(HeadLabels& labels, TaskId id) {
  if (!pauses_.any() || labels.looked_up) return labels.paused;
  labels.looked_up = true;
  const std::optional<Label> label = pauses_.pause_of(id);
  labels.paused = label.has_value();
  if (label) paused_.emplace_back(id, *label);
  return labels.paused;
}

int KeyJudge::held_back() const { return so_far_ + static_cast<int>(blocked_.size() + paused_.size()); }

bool KeyJudge::is_tired() const { return held_back() >= promotion_chunk; }

bool KeyJudge::write_pauses() {
  bool gone = false;
  for (const auto& [id, label] : paused_) gone |= pauses_.hold(id, label);
  return gone;
}

void KeyJudge::write_blocks() {
  for (const TaskId id : blocked_) keys_.block(id);
  tokens_.write();
}

}  // namespace reeve::store::sqlite

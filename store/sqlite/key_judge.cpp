#include "store/sqlite/key_judge.hpp"

#include <algorithm>

namespace reeve::store::sqlite {

KeyJudge::KeyJudge(Keys& keys, const ClaimRequest& request) : keys_(keys), held_lines_(request.held_lines) {
  for (const HeldKey& held : request.held_keys) held_[held.token] += held.bodies;
}

int& KeyJudge::active_with(const std::string& token) {
  const auto known = active_.find(token);
  return known != active_.end() ? known->second : active_.emplace(token, keys_.count_active(token)).first->second;
}

Verdict KeyJudge::look_at(const HeadKeys& head, TaskId id, const std::string& queue, const std::string& kind) {
  if (!head.line.empty() && std::find(held_lines_.begin(), held_lines_.end(), head.line) != held_lines_.end()) return Verdict::pass;
  if (head.token.empty()) return Verdict::admit;
  int& active = active_with(head.token);
  const auto held = held_.find(head.token);
  const int bodies = held == held_.end() ? 0 : held->second;
  if (active + bodies < head.limit) {
    ++active;
    return Verdict::admit;
  }
  int& passed = passed_[{head.token, head.limit, queue, kind}];
  if (active + passed >= head.limit) {
    blocked_.push_back(id);
    return Verdict::block;
  }
  ++passed;
  return Verdict::pass;
}

bool KeyJudge::is_tired() const { return static_cast<int>(blocked_.size()) >= promotion_chunk; }

void KeyJudge::write_blocks() {
  for (const TaskId id : blocked_) keys_.block(id);
}

}  // namespace reeve::store::sqlite

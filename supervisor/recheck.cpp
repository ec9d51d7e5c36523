#include "supervisor/recheck.hpp"

#include <algorithm>

namespace reeve::supervisor {

void Recheck::stirred(Moment now) {
  stirred_ = now;
  step_ = 0;
  next_ = std::max(now, looked_ + spacing);
}

std::optional<Recheck::Look> Recheck::due(Moment now) const {
  if (!next_ || *next_ > now) return std::nullopt;
  return step_ + 1 < looks.size() ? Look::quick : Look::thorough;
}

void Recheck::saw_nothing(Look look, Moment now) {
  looked_ = now;
  pause_ = first_pause;
  if (look == Look::thorough) {
    next_.reset();
    return;
  }
  step_ = std::min(step_ + 1, looks.size() - 1);
  next_ = std::max(now, stirred_ + looks[step_]);
}

void Recheck::found(Moment now) {
  looked_ = now;
  pause_ = first_pause;
  next_.reset();
}

// What hinders a look also hides what is there: the next one is thorough.
void Recheck::hindered(Moment now, std::chrono::nanoseconds longest) {
  looked_ = now;
  step_ = looks.size() - 1;
  next_ = now + pause_;
  pause_ = std::min(pause_ * 2, longest);
}

}  // namespace reeve::supervisor

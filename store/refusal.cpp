#include "store/refusal.hpp"

namespace reeve::store {

namespace {

constexpr std::size_t shown_bytes = 100;

std::string shown_text(const std::string& text) { return "\"" + text.substr(0, shown_bytes) + "\""; }

std::string batch_of(const NewTask& task) { return "batch " + (task.batch ? std::to_string(number(*task.batch)) : std::string("?")); }

}  // namespace

RefusalWords words_of(const EnqueueRefused& refused, const NewTask& task) {
  using Reason = EnqueueRefused::Reason;
  const std::string holder = number(refused.holder) == 0 ? "an item before it in this request" : "task " + std::to_string(number(refused.holder));
  switch (refused.reason) {
    case Reason::key_busy:
      return {"key_busy", "concurrency", "the concurrency key " + shown_text(task.concurrency ? task.concurrency->key : "") + " is taken by " + holder +
                                             "; wait for its end, or enqueue with another on_conflict than reject"};
    case Reason::external_id_taken:
      return {"external_id_taken", "external_id", holder + " has the external id " + shown_text(task.external_id.value_or("")) + " already"};
    case Reason::unknown_dependency:
      return {"unknown_dependency", "after", refused.message + "; a task may come after tasks that are stored, and after items before it in the same request"};
    case Reason::unknown_batch: return {"unknown_batch", "batch", "there is no " + batch_of(task) + "; make one with `reeve batch create`"};
    case Reason::batch_closed: return {"batch_closed", "batch", batch_of(task) + " is closed, nothing can be added to it; make another one, or one that stays open"};
    case Reason::step_refused: return {"step_refused", "name", refused.message};
    case Reason::request_key_reused:
      return {"idempotency_key_reused", "", "the idempotency key was used for another request; use a new key for a new request"};
  }
  return {};
}

}  // namespace reeve::store

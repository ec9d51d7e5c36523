#include "cli/pause_target.hpp"

#include "cli/selector.hpp"

namespace reeve::cli {

void PauseTarget::declare(Grammar& grammar, const std::string& without_any) {
  grammar.optional("QUEUE", queue_, without_any);
  grammar.option("--kind", kind_, "KIND", "tasks of this kind, whatever their queue");
  grammar.option("--label", label_, "KEY=VALUE", "tasks with this label, whatever their kind and queue");
}

void PauseTarget::check() const {
  if ((queue_ ? 1 : 0) + (kind_ ? 1 : 0) + (label_ ? 1 : 0) > 1) throw UsageError("name one thing at a time: QUEUE, --kind KIND or --label KEY=VALUE");
  if (queue_ && queue_->empty()) throw UsageError("QUEUE is empty; name a queue, or leave it out to mean all of them");
  if (kind_ && kind_->empty()) throw UsageError("--kind is empty; name a kind, for example --kind report");
  if (!label_) return;
  const std::size_t equals = label_->find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError("--label: \"" + *label_ + "\" is not key=value; write for example --label customer=acme");
}

std::string PauseTarget::path(const std::string& verb) const {
  if (queue_) return "/v1/queues/" + percent_encoded(*queue_) + "/" + verb;
  if (kind_) return "/v1/kinds/" + percent_encoded(*kind_) + "/" + verb;
  return "/v1/labels/" + verb;
}

void PauseTarget::describe(JsonObject& body) const {
  if (!label_) return;
  const std::size_t equals = label_->find('=');
  body.add("key", label_->substr(0, equals));
  body.add("value", label_->substr(equals + 1));
}

std::string PauseTarget::text() const { return queue_ ? "queue " + *queue_ : kind_ ? "kind " + *kind_ : "label " + label_.value_or(""); }

std::string PauseTarget::arguments() const { return queue_ ? *queue_ : kind_ ? "--kind " + *kind_ : "--label '" + label_.value_or("") + "'"; }

}  // namespace reeve::cli

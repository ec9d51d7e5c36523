// Answers and all that can be read of a store, as text: so that two stores can be compared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace reeve::store::conformance {

std::string text(Timestamp at);
std::string text(const std::string& value);
std::string text(double value);
std::string text(int value);
std::string text(TaskId id);
std::string text(Millis span);
std::string text(const Dedupe& dedupe);
std::string text(const Concurrency& c);
std::string text(Outcome outcome);
std::string text(const TaskError& e);
std::string text(const Progress& p);
std::string text(const KeyHolder& holder);
std::string text(const Task& t);
std::string text(const Attempt& a);
std::string text(const Event& e);
std::string text(const reeve::store::Step& s);
std::string text(const Signal& s);
std::string text(const std::vector<Enqueued>& tasks);
std::string text(const EnqueueAnswer& answer);
std::string text(const Finished& finished);
std::string text(const std::vector<Lost>& lost);
std::string text(const Waiting& waiting);
std::string text(const KeyHolds& holds);
std::string text(const Dependencies& d);
std::string text(const Batch& b);
std::string text(const RetentionReport& r);

template <class Value>
std::string text(const std::optional<Value>& value) {
  return value ? text(*value) : "-";
}

// `keys`: without what the model does not know exactly where keys or pauses hold tasks back.
std::string everything(Reader& reader, Timestamp now, bool keys);

}  // namespace reeve::store::conformance

// What a check of the file has found: sentences, as many as anybody reads.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

class Findings {
 public:
  void add(std::string sentence) {
    if (sentences_.size() < 100) sentences_.push_back(std::move(sentence));
  }
  // Each row of the query is one finding; the sentence is built by the query.
  void find(Connection& db, const char* sql) {
    Query query = db.query(sql);
    while (query.step()) add(query.row().text());
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(sentences_); }

 private:
  std::vector<std::string> sentences_{};
};

// Steps, waits, signals and timers that contradict their tasks or each other.
void check_parts(Connection& db, Findings& findings);
// What is kept twice and does not agree: sizes of logs, labels, dedupe keys; and numbers that were given out.
void check_numbers(Connection& db, Findings& findings);

// Of tasks that come after others, and of batches.
void check_batches(Connection& db, Findings& findings);

// Of concurrency, order and dedupe keys.
void check_keys(Connection& db, Findings& findings);

}  // namespace reeve::store::sqlite

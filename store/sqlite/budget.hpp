// What a claim may still take: room, tokens of rates, resources. Each lane draws on several of them.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/sqlite/session.hpp"
#include "store/store.hpp"

namespace reeve::store::sqlite {

// Of one kind or one queue.
struct Allowance {
  RateRow::Of of{};
  std::string name{};
  int room = 0;
  std::optional<Bucket> bucket{};
  bool used = false;
};

// What the tasks of a queue and kind draw on. Points into the budget.
class Draw {
 public:
  enum class Gate { open, full, no_token };
  Draw(Allowance& kind, Allowance* queue) : kind_(&kind), queue_(queue) {}
  void needs(int& room, int count) { needs_.emplace_back(&room, count); }
  [[nodiscard]] Gate gate() const;
  [[nodiscard]] Timestamp next_token() const;   // when both the queue and the kind have one
  void take();

  int weight = 1;
  std::optional<Millis> ageing{};

 private:
  Allowance* kind_;
  Allowance* queue_;
  std::vector<std::pair<int*, int>> needs_{};
};

class Budget {
 public:
  Budget(Session& session, const ClaimRequest& request, Timestamp now);
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // Nullopt: the kind is not wanted, is paused, or needs what there is none of.
  [[nodiscard]] std::optional<Draw> draw(std::string_view queue, std::string_view kind);
  [[nodiscard]] bool by_weight() const { return by_weight_; }
  // Keeps how far the rates were used up.
  void write();

 private:
  Allowance add(RateRow::Of of, const std::string& name, int room, const std::optional<Rate>& rate, Timestamp now);
  Session& session_;
  Connection& db_;
  const ClaimRequest& request_;
  std::deque<Allowance> kinds_{};               // in the order of the request; a deque, because draws point into it
  std::deque<Allowance> queues_{};
  std::vector<Room> resources_;
  bool by_weight_ = false;
};

}  // namespace reeve::store::sqlite

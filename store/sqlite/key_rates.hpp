// Rates of each concurrency key of a kind (KindRoom::key_rate).
//
// A task that meets an empty bucket is held back by the bit of its key (Block::key), with a row of reeve_key_wait for the key and the kind: when
// its moment has come, a claim lets go as many of the first as there are tokens. So the promise of the bit (keys.hpp) has a second form: either
// enough of the key run or could start, or there is such a row.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite/keys.hpp"
#include "store/sqlite/session.hpp"

namespace reeve::store::sqlite {

// The buckets that one choice of a claim meets.
class KeyTokens {
 public:
  KeyTokens(Session& session, const ClaimRequest& request, Timestamp now) : session_(session), request_(request), now_(now) {}

  // Of the key, for tasks of the kind; nullptr: no rate. Valid as long as this is.
  [[nodiscard]] Bucket* bucket(const std::string& kind, const std::string& token);
  void take(const std::string& kind, const std::string& token);
  // The key had no token for a task of the kind: somebody must look again when there is one.
  void wait(const std::string& kind, const std::string& token) { waits_[{token, kind}] = bucket(kind, token); }
  // Keeps how far the rates were used up, and who waits. What is full again is forgotten.
  void write();

 private:
  struct Used {
    Bucket bucket;
    bool used = false;
  };
  Session& session_;
  const ClaimRequest& request_;
  Timestamp now_;
  std::map<std::string, Used> buckets_{};                                 // by key_rate_name()
  std::map<std::pair<std::string, std::string>, const Bucket*> waits_{};   // token, kind
};

class KeyRates {
 public:
  KeyRates(Session& session, Keys& keys) : session_(session), keys_(keys) {}

  // The rate of the kind's keys is another one than in the last claim: what they used up is cut to it, and who waits is looked at again.
  void cut(const KindRoom& kind, Timestamp now);
  // Lets go those whose token has come, of the kinds that are wanted. True: there may be more.
  bool wake(const ClaimRequest& request, Timestamp now);
  // When the next one is to be looked at, of these kinds; nullopt: none waits.
  [[nodiscard]] std::optional<Timestamp> next(const ClaimRequest& request);

 private:
  int wake(const KindRoom& kind, const std::string& name, Timestamp now, int limit);
  void wake(const KindRoom& kind, const std::string& name, const std::string& token, Timestamp now);
  Session& session_;
  Keys& keys_;
};

// How far the bucket of that name is used up.
[[nodiscard]] std::optional<std::int64_t> kept_key_rate(Connection& db, std::string_view name);

}  // namespace reeve::store::sqlite

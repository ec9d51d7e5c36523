// The WHERE of a query that is put together at run time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/sqlite/statement.hpp"

namespace reeve::store::sqlite {

// SQL text that grows together with the values bound to it.
class Conditions {
 public:
  using Value = std::variant<std::int64_t, std::string_view>;
  void add(std::string_view sql) {
    sql_ += sql_.empty() ? " WHERE " : " AND ";
    sql_ += sql;
  }
  void add(std::string_view sql, Value value) {
    add(sql);
    values_.push_back(value);
  }
  template <class Items, class ToValue>
  void add_any(std::string_view column, const Items& items, ToValue to_value) {
    if (items.empty()) return;
    std::string sql(column);
    sql += " IN (";
    for (const auto& item : items) {
      sql += values_.empty() || sql.back() == '(' ? "?" : ", ?";
      values_.push_back(to_value(item));
    }
    add(sql + ")");
  }
  void bind(Query& query, int place = 1) const {
    for (const Value& value : values_) std::visit([&](const auto& one) { query.put(place++, one); }, value);
  }
  void push(Value value) { values_.push_back(value); }
  [[nodiscard]] const std::string& sql() const { return sql_; }
  [[nodiscard]] int size() const { return static_cast<int>(values_.size()); }

 private:
  std::string sql_{};
  std::vector<Value> values_{};
};

}  // namespace reeve::store::sqlite

// A prepared statement, and one use of it. Binding by position, reading columns in order.
//
//   Query query = db.query("SELECT id FROM reeve_task WHERE kind = ?");
//   query.bind(kind);
//   while (query.step()) ids.push_back(query.row().id());
//
// Bound text is not copied: it must live until the query has run. Temporaries of std::string do not compile.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "store/task.hpp"

namespace reeve::store::sqlite {

class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql, std::string_view path);
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

 private:
  friend class Query;
  sqlite3_stmt* handle_ = nullptr;
  std::string_view path_;
  bool in_use_ = false;
};

// Bytes that need not be text.
struct Blob {
  std::string_view bytes{};
};

// The columns of the present row, from left to right.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement, int first = 0) : statement_(statement), next_(first) {}
  std::int64_t integer() { return sqlite3_column_int64(statement_, next_++); }
  int small() { return sqlite3_column_int(statement_, next_++); }
  bool flag() { return integer() != 0; }
  double real() { return sqlite3_column_double(statement_, next_++); }
  std::string_view view();                   // valid until the next step
  std::string text() { return std::string(view()); }
  TaskId id() { return TaskId{integer()}; }
  Timestamp time() { return from_ms(integer()); }
  std::optional<std::int64_t> maybe_integer();
  std::optional<int> maybe_small();
  std::optional<double> maybe_real();
  std::optional<std::string> maybe_text();
  std::optional<TaskId> maybe_id();
  std::optional<BatchId> maybe_batch();
  std::optional<Timestamp> maybe_time();
  void skip(int columns = 1) { next_ += columns; }
  [[nodiscard]] bool null() const { return sqlite3_column_type(statement_, next_) == SQLITE_NULL; }

 private:
  sqlite3_stmt* statement_;
  int next_;
};

class Query {
 public:
  explicit Query(Statement& statement);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <class... Values>
  Query& bind(Values&&... values) {
    static_assert((!is_temporary<Values&&> && ...), "bound text must outlive the query");
    int place = 0;
    (put(++place, values), ...);
    return *this;
  }
  void put(int place, std::int64_t value);
  void put(int place, int value) { put(place, std::int64_t{value}); }
  void put(int place, double value);
  void put(int place, std::string_view text);
  void put(int place, const std::string& text) { put(place, std::string_view{text}); }
  void put(int place, const char* text) { put(place, std::string_view{text}); }
  void put(int place, Blob blob);
  void put(int place, std::nullopt_t);
  void put(int place, TaskId id) { put(place, number(id)); }
  void put(int place, BatchId id) { put(place, number(id)); }
  void put(int place, Timestamp at) { put(place, to_ms(at)); }
  void put(int place, bool flag) { put(place, std::int64_t{flag}); }
  template <class Value>
  void put(int place, const std::optional<Value>& value) {
    if (value) put(place, *value);
    else put(place, std::nullopt);
  }

  bool step();                               // true: there is a row
  void run();                                // to the end
  std::int64_t run_counting();               // to the end; how many rows were changed
  Row row(int first = 0) { return Row{statement_.handle_, first}; }
  void again();                              // the same statement once more; bindings stay

 private:
  template <class Value>
  static constexpr bool is_temporary = std::is_same_v<Value, std::string&&> || std::is_same_v<Value, std::optional<std::string>&&>;
  void check(int code);
  Statement& statement_;
};

// Text that is NULL when empty.
[[nodiscard]] inline std::optional<std::string_view> or_null(std::string_view text) {
  return text.empty() ? std::optional<std::string_view>{} : text;
}

}  // namespace reeve::store::sqlite

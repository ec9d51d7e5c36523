#include <algorithm>

#include "store/matching.hpp"
#include "store/sqlite/reader.hpp"

namespace reeve::store::sqlite {
namespace {

LogLine read_line(Row row) {
  LogLine line;
  line.seq = row.integer();
  line.task = row.id();
  line.epoch = row.integer();
  line.at = row.time();
  line.stream = static_cast<LogStream>(row.small());
  line.level = row.text();
  line.message = row.text();
  line.meta = row.text();
  return line;
}

}  // namespace

LogPage SqliteReader::log(const LogQuery& query) {
  const ReadTransaction one_state(db_);
  LogPage page = query.last ? newest_lines(query) : next_lines(query);
  Query gone = db_.query("SELECT log_let_go FROM reeve_task WHERE id = ?");
  if (gone.bind(query.task).step()) page.let_go = gone.row().integer();
  return page;
}

LogPage SqliteReader::next_lines(const LogQuery& query) {
  LogPage page;
  PageRoom room(page_limit(query.limit));
  Query rows = db_.query(
      "SELECT seq, task, epoch, at, stream, level, message, meta FROM reeve_log WHERE task = ?1 AND seq > ?2 AND (?3 IS NULL OR epoch = ?3) "
      "ORDER BY seq");
  rows.bind(query.task, query.after, query.epoch);
  while (rows.step()) {
    LogLine line = read_line(rows.row());
    if (!room.take(page_bytes(line))) {
      page.more = true;
      break;
    }
    page.lines.push_back(std::move(line));
  }
  return page;
}

LogPage SqliteReader::newest_lines(const LogQuery& query) {
  LogPage page;
  Query rows = db_.query(
      "SELECT seq, task, epoch, at, stream, level, message, meta FROM reeve_log WHERE task = ?1 AND seq > ?2 AND (?3 IS NULL OR epoch = ?3) "
      "ORDER BY seq DESC");
  rows.bind(query.task, query.after, query.epoch);
  PageRoom room(std::clamp(*query.last, 0, 10'000));
  while (rows.step()) {
    LogLine line = read_line(rows.row());
    if (!room.take(page_bytes(line))) break;
    page.lines.push_back(std::move(line));
  }
  std::reverse(page.lines.begin(), page.lines.end());
  return page;
}

}  // namespace reeve::store::sqlite

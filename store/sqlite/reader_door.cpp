// What stands in the door: rows that wait, rows that were set aside.
#include "store/matching.hpp"
#include "store/sqlite/reader.hpp"

namespace reeve::store::sqlite {

std::vector<RefusedRow> SqliteReader::refused(int limit) {
  Query query = db_.query("SELECT id, source, row, refused_at, code, reason, kind, payload, options FROM reeve_inbox_refused ORDER BY id DESC LIMIT ?");
  query.bind(page_limit(limit));
  std::vector<RefusedRow> rows;
  while (query.step()) {
    Row row = query.row();
    RefusedRow& refused = rows.emplace_back();
    refused.id = row.integer();
    refused.source = row.text();
    refused.row = row.integer();
    refused.refused_at = row.time();
    refused.why.code = row.text();
    refused.why.message = row.text();
    refused.kind = row.text();
    refused.payload = row.text();
    refused.options = row.text();
  }
  return rows;
}

void SqliteReader::tell_of_door(StoreFacts& facts, bool defective) {
  facts.inbox_waiting = db_.integer("SELECT count(*) FROM (SELECT 1 FROM reeve_inbox LIMIT 10000)");
  facts.inbox_refused = db_.integer("SELECT count(*) FROM (SELECT 1 FROM reeve_inbox_refused LIMIT 10000)");
  if (facts.inbox_refused > 0) {
    facts.warnings.push_back(std::to_string(facts.inbox_refused) + (facts.inbox_refused == 1 ? " row" : " rows") +
                             " that other programs wrote could not become tasks; read reeve_inbox_refused, then delete what is settled");
  }
  if (defective && db_.integer("SELECT count(*) FROM reeve_meta WHERE key = 'others_write'") > 0) {
    facts.notes.push_back("other programs write into this store, and their SQLite checkpoints by itself once the write-ahead log has 1,000 pages; "
                          "reeve begins the log anew before that, so keep their transactions small, or let them set PRAGMA wal_autocheckpoint = 0");
  }
}

}  // namespace reeve::store::sqlite

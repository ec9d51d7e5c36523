// Configurations that came into force: written, and read again.
#include "store/event_data.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {
namespace {

Revision revision_in(Row& row) {
  Revision revision;
  revision.number = row.integer();
  revision.at = row.time();
  revision.source = row.text();
  revision.actor = row.text();
  revision.comment = row.text();
  revision.hash = row.text();
  return revision;
}

}  // namespace

RevisionRecorded SqliteRevisions::record(const Revision& revision, Timestamp now) {
  session_.require_batch();
  {
    Query newest = session_.db.query("SELECT number, hash FROM reeve_revision ORDER BY number DESC LIMIT 1");
    if (newest.step()) {
      Row row = newest.row();
      const std::int64_t number = row.integer();
      if (row.view() == revision.hash) return {number, false};
    }
  }
  Revision kept = revision;
  kept.at = now;
  {
    Query row = session_.db.query("INSERT INTO reeve_revision (at, source, actor, comment, hash, text) VALUES (?, ?, ?, ?, ?, ?)");
    row.bind(now, revision.source, revision.actor, revision.comment, revision.hash, revision.text).run();
  }
  kept.number = session_.db.integer("SELECT max(number) FROM reeve_revision");
  {
    const std::int64_t last_forgotten = kept.number - kept_max;
    Query old = session_.db.query("DELETE FROM reeve_revision WHERE number <= ?");
    old.bind(last_forgotten).run();
  }
  Event event;
  event.at = now;
  event.type = "config.applied";
  event.actor = revision.actor;
  event.data = event_data::config_applied(kept);
  session_.append(event);
  return {kept.number, true};
}

std::vector<Revision> SqliteReader::revisions(std::optional<std::int64_t> before, int limit) {
  Query query = db_.query(
      "SELECT number, at, source, actor, comment, hash FROM reeve_revision WHERE ?1 IS NULL OR number < ?1 ORDER BY number DESC LIMIT max(?2, 0)");
  query.bind(before, limit);
  std::vector<Revision> rows;
  while (query.step()) {
    Row row = query.row();
    rows.push_back(revision_in(row));
  }
  return rows;
}

std::optional<Revision> SqliteReader::revision(std::int64_t number) {
  Query query = db_.query("SELECT number, at, source, actor, comment, hash, text FROM reeve_revision WHERE number = ?");
  query.bind(number);
  if (!query.step()) return std::nullopt;
  Row row = query.row();
  Revision revision = revision_in(row);
  revision.text = row.text();
  return revision;
}

}  // namespace reeve::store::sqlite

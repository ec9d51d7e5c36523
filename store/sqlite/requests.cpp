// Requests that named an idempotency key: their first answer, kept and given again.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {
namespace {

// [[id, disposition, payload_differs, [superseded, ...]], ...]
std::string answer_text(const EnqueueDone& done) {
  boost::json::array rows;
  for (const Enqueued& one : done.tasks) {
    boost::json::array superseded;
    for (const TaskId id : one.superseded) superseded.push_back(number(id));
    const std::string_view disposition = name(one.disposition);
    boost::json::array row;
    row.push_back(number(one.id));
    row.push_back(boost::json::string_view{disposition.data(), disposition.size()});
    row.push_back(one.payload_differs);
    row.push_back(std::move(superseded));
    rows.push_back(std::move(row));
  }
  return boost::json::serialize(rows);
}

// Answers of a store before schema 4 say `reused` by true.
EnqueueDisposition disposition_of(const boost::json::value& word) {
  if (word.is_bool()) return word.get_bool() ? EnqueueDisposition::reused : EnqueueDisposition::created;
  const boost::json::string& text = word.as_string();
  return parse_disposition({text.data(), text.size()}).value_or(EnqueueDisposition::created);
}

EnqueueDone parse_answer(std::string_view text) {
  EnqueueDone done;
  done.replayed = true;
  const boost::json::value rows = boost::json::parse({text.data(), text.size()});
  for (const boost::json::value& row : rows.as_array()) {
    const auto& fields = row.as_array();
    Enqueued& one = done.tasks.emplace_back();
    one.id = TaskId{fields.at(0).as_int64()};
    one.disposition = disposition_of(fields.at(1));
    one.payload_differs = fields.at(2).as_bool();
    if (fields.size() <= 3) continue;
    for (const boost::json::value& id : fields.at(3).as_array()) one.superseded.push_back(TaskId{id.as_int64()});
  }
  return done;
}

}  // namespace

std::optional<EnqueueAnswer> SqliteTasks::replay(const EnqueueRequest& request) {
  if (!request.request_key) return std::nullopt;
  Query known = session_.db.query("SELECT fingerprint, answer, batch FROM reeve_request WHERE key = ?");
  known.bind(*request.request_key);
  if (!known.step()) return std::nullopt;
  Row row = known.row();
  if (row.view() != request.fingerprint) {
    EnqueueRefused refused;
    refused.reason = EnqueueRefused::Reason::request_key_reused;
    return refused;
  }
  EnqueueDone done = parse_answer(row.view());
  done.batch = row.maybe_batch();
  return done;
}

void SqliteTasks::remember(const EnqueueRequest& request, const EnqueueDone& done, Timestamp now) {
  const std::string answer = answer_text(done);
  Query insert = session_.db.query("INSERT INTO reeve_request (key, fingerprint, at, answer, batch) VALUES (?, ?, ?, ?, ?)");
  insert.bind(*request.request_key, request.fingerprint, now, answer, done.batch).run();
}

}  // namespace reeve::store::sqlite

#include "store/sqlite/findings.hpp"

namespace reeve::store::sqlite {

void check_numbers(Connection& db, Findings& findings) {
  findings.find(db,
                "SELECT 'task ' || t.id || ' has ' || coalesce(l.bytes, 0) || ' bytes of log, ' || t.log_bytes || ' are counted' FROM reeve_task t LEFT JOIN "
                "(SELECT task, sum(length(message) + coalesce(length(CAST(meta AS BLOB)), 0)) AS bytes FROM reeve_log GROUP BY task) l ON l.task = t.id "
                "WHERE t.log_bytes <> coalesce(l.bytes, 0)");
  findings.find(db,
                "SELECT 'logs have ' || sum(t.log_bytes) || ' bytes, ' || m.value || ' are counted' FROM reeve_meta m, reeve_task t WHERE m.key = 'log_bytes' "
                "GROUP BY m.key HAVING sum(t.log_bytes) <> CAST(m.value AS INTEGER)");
  findings.find(db,
                "SELECT 'task ' || l.task || ' has line ' || min(l.seq) || ' of its log, which was let go up to ' || t.log_let_go FROM reeve_log l "
                "JOIN reeve_task t ON t.id = l.task GROUP BY l.task HAVING min(l.seq) <= t.log_let_go");
  findings.find(db,
                "SELECT 'task ' || p.task || ' has labels that cannot be looked up' FROM reeve_payload p JOIN json_each(p.labels) e WHERE p.labels IS NOT NULL "
                "AND NOT EXISTS (SELECT 1 FROM reeve_label l WHERE l.task = p.task AND l.key = e.key AND l.value = e.value)");
  findings.find(db,
                "SELECT 'task ' || l.task || ' can be found by a label that it does not have: ' || l.key FROM reeve_label l JOIN reeve_payload p "
                "ON p.task = l.task WHERE NOT EXISTS (SELECT 1 FROM json_each(coalesce(p.labels, '{}')) e WHERE e.key = l.key AND e.value = l.value)");
  findings.find(db,
                "SELECT 'task ' || t.id || ' is open, and its dedupe key does not hold' FROM reeve_task t JOIN reeve_payload p ON p.task = t.id "
                "WHERE t.finished_at IS NULL AND (p.dedupe_key IS NULL OR p.dedupe_window IS NOT NULL) <> (t.dedupe IS NULL)");
  findings.find(db,
                "SELECT 'task ' || t.id || ' has the fingerprint ' || coalesce(t.fingerprint, 'none') || ', its error ' || coalesce(e.fingerprint, 'none') "
                "FROM reeve_task t LEFT JOIN reeve_error e ON e.task = t.id AND e.epoch = 0 WHERE t.fingerprint IS NOT e.fingerprint");
  findings.find(db,
                "SELECT 'event ' || min(e.seq) || ' is there, but events were let go up to ' || m.value FROM reeve_meta m, reeve_event e "
                "WHERE m.key = 'pruned_events' GROUP BY m.key HAVING min(e.seq) <= CAST(m.value AS INTEGER)");
}

}  // namespace reeve::store::sqlite

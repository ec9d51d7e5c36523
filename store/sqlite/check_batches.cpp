// Who waits for whom, recomputed from what is there; and batches against their tasks.
#include "store/sqlite/findings.hpp"

namespace reeve::store::sqlite {

void check_batches(Connection& db, Findings& findings) {
  findings.find(db,
                "SELECT 'task ' || id || iif(block & 4, ' is held back by other tasks without a reason', ' should be held back by a task that it comes after') "
                "FROM (SELECT t.id, t.block, EXISTS (SELECT 1 FROM reeve_dependency d WHERE d.task = t.id AND d.ended IS NULL) AS waits FROM reeve_task t "
                "WHERE t.hold IS NOT NULL) WHERE waits <> (block & 4 <> 0)");
  findings.find(db,
                "SELECT 'task ' || d.task || ' comes after task ' || d.after || ', which is ' || coalesce(t.status, 'deleted') || ' and would not tell it' "
                "FROM reeve_dependency d LEFT JOIN reeve_task t ON t.id = d.after WHERE d.ended IS NULL "
                "AND (t.id IS NULL OR t.finished_at IS NOT NULL OR t.followed = 0) AND NOT EXISTS (SELECT 1 FROM reeve_release r WHERE r.task = d.after)");
  findings.find(db,
                "SELECT 'task ' || r.task || ' is ' || t.status || ', but others are still to be told that it ended ' || r.status FROM reeve_release r "
                "JOIN reeve_task t ON t.id = r.task WHERE t.status <> r.status");
  findings.find(db,
                "SELECT 'task ' || t.id || ' is in batch ' || t.batch || ', which is not there' FROM reeve_task t WHERE t.batch IS NOT NULL "
                "AND NOT EXISTS (SELECT 1 FROM reeve_batch b WHERE b.id = t.batch)");
  findings.find(db,
                "SELECT 'batch ' || b.id || ' is closed and all its tasks have ended, but it has not' FROM reeve_batch b WHERE b.state = 'closed' "
                "AND NOT EXISTS (SELECT 1 FROM reeve_task t WHERE t.batch = b.id AND t.finished_at IS NULL)");
  // Only an operator opens a task again.
  findings.find(db,
                "SELECT 'batch ' || b.id || ' has ended, but task ' || min(t.id) || ' of it has not' FROM reeve_batch b JOIN reeve_task t ON t.batch = b.id "
                "WHERE b.finished_at IS NOT NULL AND t.finished_at IS NULL AND t.generation = 1 GROUP BY b.id");
  findings.find(db,
                "SELECT 'batch ' || b.id || ' has ended ' || b.state || ', but ' || (b.gone_failed + b.gone_cancelled) || ' of its deleted tasks had not "
                "succeeded' FROM reeve_batch b WHERE b.state = 'succeeded' AND b.gone_failed + b.gone_cancelled > 0");
  findings.find(db,
                "SELECT 'batch ' || b.id || ' has ended and none of its tasks is left' FROM reeve_batch b WHERE b.finished_at IS NOT NULL AND b.empty = 0 "
                "AND NOT EXISTS (SELECT 1 FROM reeve_task t WHERE t.batch = b.id)");
}

}  // namespace reeve::store::sqlite

// The bits of keys and lines, recomputed from what is there.
#include "store/sqlite/findings.hpp"

namespace reeve::store::sqlite {

void check_keys(Connection& db, Findings& findings) {
  // The one that started last and still runs was let in by its own limit; since then others only left.
  findings.find(db,
                "SELECT 'key ' || replace(concurrency, char(31), ':') || ' has ' || count(*) || ' tasks at once, the most that any of them lets is ' || "
                "max(key_limit) FROM reeve_task WHERE concurrency IS NOT NULL AND lease_expires_at IS NOT NULL GROUP BY concurrency "
                "HAVING count(*) > max(key_limit)");
  findings.find(db,
                "SELECT 'line ' || order_key || ' has ' || count(*) || ' tasks at once: ' || group_concat(id) FROM reeve_task "
                "WHERE order_key IS NOT NULL AND lease_expires_at IS NOT NULL GROUP BY order_key HAVING count(*) > 1");
  findings.find(db,
                "SELECT 'task ' || id || iif(block & 2, ' is held back by its line without a reason', ' should be held back by its line ' || order_key) "
                "FROM (SELECT t.id, t.block, t.order_key, t.order_key IS NOT NULL AND EXISTS (SELECT 1 FROM reeve_task o WHERE o.order_key = t.order_key "
                "AND o.finished_at IS NULL AND o.id <> t.id AND (o.id < t.id OR o.lease_expires_at IS NOT NULL)) AS late FROM reeve_task t "
                "WHERE t.hold IS NOT NULL) WHERE late <> (block & 2 <> 0)");
  findings.find(db,
                "SELECT 'task ' || id || ' is held back by a key' || iif(concurrency IS NULL, ' that it has not', ' and by something else: block ' || block) "
                "FROM reeve_task WHERE block & 1 AND (concurrency IS NULL OR block <> 1 OR hold IS NOT 0)");
  findings.find(db,
                "SELECT 'task ' || id || ' is ' || status || ' and held back: block ' || block FROM reeve_task WHERE hold IS NULL AND block <> 0");
  // Those that run and those that could start before it are as many as its limit: somebody will let it go.
  findings.find(db,
                "SELECT 'task ' || h.id || ' is held back by its key, but nobody would let it go' FROM reeve_task h "
                "WHERE h.hold = 0 AND h.block = 1 AND h.concurrency IS NOT NULL "
                "AND NOT EXISTS (SELECT 1 FROM reeve_key_wait w WHERE w.token = h.concurrency AND w.kind = h.kind) AND h.key_limit > "
                "(SELECT count(*) FROM reeve_task a WHERE a.concurrency = h.concurrency AND a.finished_at IS NULL AND a.status IN ('claimed', 'running')) + "
                "(SELECT count(*) FROM reeve_task r WHERE r.concurrency = h.concurrency AND r.hold = 0 AND r.block = 0 AND r.key_limit = h.key_limit "
                "AND r.queue = h.queue AND r.kind = h.kind AND r.priority = h.priority AND (r.fair, r.run_at, r.id) < (h.fair, h.run_at, h.id))");
  findings.find(db,
                "SELECT 'task ' || t.id || ' is held back by a pause' || iif(t.paused_by IS NULL, ' of no label', "
                "iif(t.block & 8, ', which nobody could take back: ', ' without being blocked: ') || replace(t.paused_by, char(31), '=')) "
                "FROM reeve_task t WHERE (t.paused_by IS NOT NULL OR t.block & 8) AND (t.paused_by IS NULL OR t.block & 8 = 0 OR NOT EXISTS "
                "(SELECT 1 FROM reeve_label_pause u JOIN reeve_label l ON l.key = u.key AND l.value = u.value "
                "WHERE l.task = t.id AND t.paused_by = u.key || char(31) || u.value))");
  findings.find(db,
                "SELECT 'task ' || t.id || iif(t.dedupe IS NULL, ' does not stand', ' stands') || ' for its dedupe key' FROM reeve_task t "
                "JOIN reeve_payload p ON p.task = t.id WHERE (t.dedupe IS NOT NULL) <> "
                "(p.dedupe_key IS NOT NULL AND p.dedupe_window IS NULL AND t.finished_at IS NULL)");
  findings.find(db,
                "SELECT 'task ' || d.task || ' stands for a dedupe key that it has not' FROM reeve_dedupe d LEFT JOIN reeve_payload p ON p.task = d.task "
                "WHERE p.dedupe_key IS NULL OR p.dedupe_window IS NULL OR d.token <> "
                "iif(p.dedupe_scope = 'kind', (SELECT kind FROM reeve_task t WHERE t.id = d.task), '') || char(31) || p.dedupe_key");
}

}  // namespace reeve::store::sqlite

#include "store/sqlite/findings.hpp"

namespace reeve::store::sqlite {

void check_parts(Connection& db, Findings& findings) {
  findings.find(db,
                "SELECT 'task ' || t.id || ' has ' || count(s.id) || ' steps and waits, ' || t.steps || ' are counted' FROM reeve_task t "
                "LEFT JOIN reeve_step s ON s.task = t.id GROUP BY t.id HAVING count(s.id) <> t.steps");
  findings.find(db,
                "SELECT 'task ' || t.id || ' is waiting, and no wait of it can end' FROM reeve_task t WHERE t.status = 'waiting' "
                "AND NOT EXISTS (SELECT 1 FROM reeve_step s WHERE s.task = t.id AND s.status = 'waiting')");
  findings.find(db,
                "SELECT 'task ' || t.id || ' is ' || t.status || ' and still waits for ' || s.name FROM reeve_task t JOIN reeve_step s ON s.task = t.id "
                "WHERE s.status = 'waiting' AND t.finished_at IS NOT NULL");
  findings.find(db,
                "SELECT 'task ' || t.id || ' is ' || t.status || ' and its timer ' || m.name || ' is still to fire' FROM reeve_task t "
                "JOIN reeve_timer m ON m.task = t.id WHERE m.fired_at IS NULL AND (t.finished_at IS NOT NULL OR t.timers = 0)");
  findings.find(db,
                "SELECT 'task ' || s.task || ' waits for task ' || a.target || ', which is ' || coalesce(t.status, 'deleted') || ' and would not tell it' "
                "FROM reeve_await a JOIN reeve_step s ON s.id = a.step LEFT JOIN reeve_task t ON t.id = a.target "
                "WHERE a.ended IS NULL AND (t.id IS NULL OR t.finished_at IS NOT NULL OR t.awaited = 0)");
  findings.find(db,
                "SELECT 'task ' || s.task || ': ' || s.name || ' is ' || s.status || ' and still has tasks to wait for' FROM reeve_step s "
                "WHERE s.status <> 'waiting' AND EXISTS (SELECT 1 FROM reeve_await a WHERE a.step = s.id)");
  findings.find(db,
                "SELECT 'task ' || t.id || ' has the place ' || t.fair || ', which its tenant ' || t.fair_key || ' was not given' FROM reeve_task t "
                "INDEXED BY reeve_task_tenant LEFT JOIN reeve_line l ON l.queue = t.queue AND l.priority = t.priority "
                "LEFT JOIN reeve_tenant n ON n.queue = t.queue AND n.priority = t.priority AND n.fair_key = t.fair_key "
                "WHERE t.hold = 0 AND t.fair_key IS NOT NULL AND t.block & 4 = 0 AND t.fair >= coalesce(l.now, 0) AND coalesce(n.next, 0) <= t.fair");
  findings.find(db,
                "SELECT 'task ' || y.task || ' has a try of a step that it does not have' FROM reeve_step_try y LEFT JOIN reeve_step s "
                "ON s.id = y.step AND s.task = y.task WHERE s.id IS NULL");
}

}  // namespace reeve::store::sqlite

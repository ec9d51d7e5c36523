"""Configurations that change while the daemon runs: plan, apply, rollback, revisions, aliases; and payloads that must be of a type."""

import json
import os
import signal
import time
import unittest

from cli_case import CliCase
from waiting import wait_until

MAIL_SCHEMA = {"type": "object", "required": ["to"], "properties": {"to": {"type": "array", "items": {"type": "string"}}}}


class Revisions(CliCase):
    def write_new(self, lab, **handlers):
        """A configuration beside the daemon's own, with these handlers changed; None removes one."""
        kept = {kind: declaration for kind, declaration in {**lab.handlers, **handlers}.items() if declaration is not None}
        before, lab.handlers = lab.handlers, kept
        path = lab.path("new.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(lab.configuration(), file, indent=1)
        lab.handlers = before
        return path

    def wait_revisions(self, lab, count):
        """What a start or a reload put in force is written down a moment later."""
        return wait_until(lambda: (rows := lab.ok("GET", "/v1/config/revisions")["revisions"]) and len(rows) == count and rows, 30, f"there are {count} revisions")

    def test_plan_shows_keys_and_tasks_and_changes_nothing(self):
        lab = self.lab()
        self.assertEqual(self.reeve(lab, "plan", code=0).stdout, "")
        lab.ok("POST", "/v1/queues/default/pause")
        for _ in range(3):
            lab.enq("exit 0")
        new = self.write_new(lab, chaos=None, added=dict(lab.handler(), timeout="5s"))
        before = lab.ok("GET", "/v1/kinds")
        plan = self.reeve(lab, "plan", new, code=4).stdout
        self.assertIn('+ handlers.added.timeout: "5s"', plan)
        self.assertIn("- handlers.chaos.command: ", plan)
        self.assertIn("handler chaos is removed; 3 queued or waiting stay queued", plan)
        self.assertEqual(lab.ok("GET", "/v1/kinds"), before)
        self.assertEqual(len(lab.ok("GET", "/v1/config/revisions")["revisions"]), 1)
        as_json = self.json(lab, "plan", new, code=4)
        self.assertEqual([one["kind"] for one in as_json["handlers"]["removed"]], ["chaos"])
        self.assertEqual(as_json["handlers"]["removed"][0]["queued"], 3)
        lab.ok("POST", "/v1/queues/default/resume")

    def test_what_takes_a_restart_is_marked(self):
        lab = self.lab()
        path = lab.path("new.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**lab.configuration(), "retention": {"failed": "1h"}, "log": {"level": "debug"}}, file)
        changes = self.json(lab, "plan", path, code=4)["changes"]
        self.assertTrue(changes)
        for change in changes:
            self.assertEqual(change["restart"], change["path"].startswith(("log.", "store.", "api.")), change)

    def test_a_reload_says_what_is_owed_to_a_restart_until_it_comes(self):
        lab = self.lab()
        lab.write_configuration(json.dumps({**lab.configuration(), "log": {"level": "debug"}}))
        for _ in range(2):
            warnings = lab.ok("POST", "/v1/reload")["warnings"]
            self.assertEqual([warning for warning in warnings if "restart" in warning], ["log.level has changed; that takes a restart of the daemon"])
        lab.write_configuration()
        self.assertEqual([warning for warning in lab.ok("POST", "/v1/reload")["warnings"] if "restart" in warning], [])

    def test_apply_is_all_or_nothing_and_a_revision(self):
        lab = self.lab()
        bad = self.write_new(lab, chaos=dict(lab.handlers["chaos"], timeot="5s"))
        refused = self.reeve(lab, "apply", bad, code=1)
        self.assertRegex(refused.stderr, r"new\.yaml:\d+:\d+: handlers\.chaos\.timeot")
        self.wait_revisions(lab, 1)
        new = self.write_new(lab, added=lab.handler())
        applied = self.reeve(lab, "apply", new, "--comment", "one more", code=0)
        self.assertIn("revision 2 is in force", applied.stderr)
        self.assertIn("a restart goes back to", applied.stderr)
        self.assert_state(lab, lab.enq("exit 0", kind="added"), "succeeded")
        again = self.reeve(lab, "apply", new, code=0)
        self.assertIn("nothing differs from revision 2", again.stderr)
        newest = lab.ok("GET", "/v1/config/revisions")["revisions"][0]
        self.assertEqual((newest["revision"], newest["source"], newest["comment"]), (2, "apply", "one more"))
        self.assertTrue(newest["actor"].startswith("uid:"))
        events = [event for event in lab.ok("GET", "/v1/events?limit=1000")["events"] if event["type"] == "config.applied"]
        self.assertEqual([event["data"]["source"] for event in events], ["start", "apply"])

    def test_whoever_was_slower_is_told(self):
        lab = self.lab()
        self.reeve(lab, "apply", self.write_new(lab, added=lab.handler()), "--if-revision", 1, code=0)
        late = self.reeve(lab, "apply", self.write_new(lab, other=lab.handler()), "--if-revision", 1, code=1)
        self.assertIn("revision 2 is in force, not 1", late.stderr)

    def test_rollback_needs_no_file(self):
        lab = self.lab()
        included = lab.path("more.yaml")
        schema = lab.path("mail.json")
        with open(schema, "w", encoding="utf-8") as file:
            json.dump(MAIL_SCHEMA, file)
        with open(included, "w", encoding="utf-8") as file:
            file.write("handlers:\n  mail:\n    command: [/bin/true]\n    result: none\n    payload_schema: mail.json\n")
        new = lab.path("new.yaml")
        with open(new, "w", encoding="utf-8") as file:
            json.dump({**lab.configuration(), "include": "more.yaml"}, file)
        self.reeve(lab, "apply", new, code=0)
        self.reeve(lab, "rollback", code=0)
        self.assertNotIn("mail", [kind["kind"] for kind in lab.ok("GET", "/v1/kinds")["kinds"]])
        for path in (included, schema, new):
            os.unlink(path)
        self.reeve(lab, "rollback", 2, code=0)
        self.assertEqual(lab.http("POST", "/v1/tasks", {"kind": "mail", "payload": {}}).status, 422)
        self.assert_state(lab, lab.ok("POST", "/v1/tasks", {"kind": "mail", "payload": {"to": ["a"]}})["id"], "succeeded")
        self.assertEqual([row["source"] for row in lab.ok("GET", "/v1/config/revisions")["revisions"]], ["rollback", "rollback", "apply", "start"])
        self.assertIn("payload_schema: mail.json", self.reeve(lab, "config", "show", 2, code=0).stdout)
        self.assertIn("handlers.mail", self.reeve(lab, "config", "diff", 1, 2, code=0).stdout)
        self.assertEqual(self.reeve(lab, "config", "diff", 2, 4, code=0).stdout, "")
        self.refused(lab, "rollback", "seven", says=("seven",))
        self.assertEqual(self.reeve(lab, "rollback", 99, code=3).stdout, "")

    def test_the_file_is_the_truth_at_a_start(self):
        lab = self.lab()
        self.reeve(lab, "apply", self.write_new(lab, added=lab.handler()), code=0)
        self.assertFalse(lab.ok("GET", "/v1/config")["in_file"])
        self.assertIn("a restart goes back", self.reeve(lab, "config", "list", code=0).stderr)
        check = [one for one in lab.ok("GET", "/v1/doctor")["checks"] if one["name"] == "the file is in force"]
        self.assertFalse(check[0]["ok"])
        lab.restart()
        self.assertNotIn("added", [kind["kind"] for kind in lab.ok("GET", "/v1/kinds")["kinds"]])
        self.assertTrue(lab.ok("GET", "/v1/config")["in_file"])
        self.assertEqual([row["source"] for row in self.wait_revisions(lab, 3)], ["start", "apply", "start"])
        self.reeve(lab, "rollback", 2, code=0)
        self.assert_state(lab, lab.enq("exit 0", kind="added"), "succeeded")

    def test_reload_and_sighup_are_revisions_too(self):
        lab = self.lab()
        lab.handlers["added"] = lab.handler()
        lab.write_configuration()
        os.kill(lab.pid, signal.SIGHUP)
        newest = self.wait_revisions(lab, 2)[0]
        self.assertEqual((newest["source"], newest["actor"]), ("reload", "signal"))
        lab.handlers["other"] = lab.handler()
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        self.assertTrue(self.wait_revisions(lab, 3)[0]["actor"].startswith("uid:"))

    def test_secrets_are_not_in_a_revision(self):
        lab = self.lab()
        secret = lab.path("secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("hunter2-hunter2")
        os.chmod(secret, 0o600)
        handler = lab.handler()
        handler["env"] = {**handler.get("env", {}), "KEY": "file:" + secret}
        self.reeve(lab, "apply", self.write_new(lab, added=handler), code=0)
        text = json.dumps(lab.ok("GET", "/v1/config/revisions/2"))
        self.assertIn("file:" + secret, text)
        self.assertNotIn("hunter2", text)
        with lab.reading() as store:
            stored = store.execute("SELECT group_concat(text) FROM reeve_revision").fetchone()[0]
        self.assertNotIn("hunter2", stored)

    def test_a_removed_handler_leaves_its_running_attempt_and_its_queue(self):
        lab = self.lab()
        running = lab.enq(f"gate {lab.path('go')}; exit 0")
        lab.wait_begun(running)
        lab.ok("POST", "/v1/queues/default/pause")
        queued = lab.enq("exit 0")
        self.reeve(lab, "apply", self.write_new(lab, chaos=None), code=0)
        lab.ok("POST", "/v1/queues/default/resume")
        why = self.reeve(lab, "why", queued, code=0).stdout
        self.assertIn("no handler", why)
        lab.open_gate("go")
        self.assert_state(lab, running, "succeeded")
        self.assertEqual(lab.task(queued)["status"], "queued")
        self.reeve(lab, "rollback", code=0)
        self.assert_state(lab, queued, "succeeded")

    def test_tasks_of_an_earlier_name_are_run_and_new_ones_take_the_new_name(self):
        lab = self.lab()
        lab.ok("POST", "/v1/queues/default/pause")
        old = lab.enq("exit 0")
        handler = dict(lab.handlers["chaos"], aliases=["chaos"], concurrency=1)
        self.reeve(lab, "apply", self.write_new(lab, chaos=None, **{"chaos.new": handler}), code=0)
        lab.ok("POST", "/v1/queues/default/resume")
        self.assert_state(lab, old, "succeeded")
        self.assertEqual(lab.task(old)["kind"], "chaos")
        fresh = lab.enq("exit 0")
        self.assertEqual(lab.task(fresh)["kind"], "chaos.new")
        self.assert_state(lab, fresh, "succeeded")

    def test_others_may_not_read_or_change_it(self):
        lab = self.lab()
        if os.geteuid() != 0:
            self.skipTest("needs root to be somebody else")
        os.chmod(lab.socket, 0o666)
        os.chmod(lab.dir, 0o755)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setgid(65534)
                os.setuid(65534)
                answers = [lab.http("POST", "/v1/config/apply", {}).status, lab.http("POST", "/v1/config/rollback", {}).status,
                           lab.http("POST", "/v1/config/plan", {}).status, lab.http("GET", "/v1/config/revisions/1").status]
                status = 0 if answers == [403] * 4 else 2
            finally:
                os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)


class Types(CliCase):
    def typed(self, **keys):
        lab = self.lab()
        lab.handlers["typed"] = dict(lab.handler(), **keys)
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        return lab

    def test_a_payload_of_another_type_is_refused_with_its_place(self):
        lab = self.typed(payload_schema=MAIL_SCHEMA)
        refused = lab.http("POST", "/v1/tasks", {"kind": "typed", "payload": {"to": ["a", 5]}})
        self.assertEqual(refused.status, 422)
        self.assertEqual((refused.json["code"], refused.json["field"]), ("invalid_payload", "payload/to/1"))
        self.assertIn("at /to/1 must be of type string, but is the number 5", refused.json["detail"])
        bulk = lab.http("POST", "/v1/tasks/bulk", {"tasks": [{"kind": "typed", "payload": {"to": []}}, {"kind": "typed", "payload": {}}]})
        self.assertEqual((bulk.status, bulk.json["item"]), (422, 1))
        self.assertIn('lacks the member "to"', bulk.json["detail"])
        self.assertEqual(lab.ok("GET", "/v1/tasks")["tasks"], [])

    def test_labels_have_a_schema_too(self):
        lab = self.typed(labels_schema={"required": ["team"], "properties": {"team": {"enum": ["a", "b"]}}})
        refused = lab.http("POST", "/v1/tasks", {"kind": "typed", "labels": {"team": "c"}})
        self.assertEqual((refused.status, refused.json["code"], refused.json["field"]), (422, "invalid_labels", "labels/team"))
        self.assertEqual(lab.http("POST", "/v1/tasks", {"kind": "typed", "labels": {"team": "a"}, "payload": "exit 0"}).status, 201)

    def test_what_came_before_its_schema_is_not_started(self):
        lab = self.lab()
        lab.ok("POST", "/v1/queues/default/pause")
        task = lab.enq("exit 0")
        lab.handlers["chaos"]["payload_schema"] = {"type": "array"}
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        lab.ok("POST", "/v1/queues/default/resume")
        self.assert_state(lab, task, "failed")
        self.assert_outcomes(lab, task, "invalid")
        self.assertEqual(lab.task(task)["error"]["code"], "invalid_payload")
        self.assertFalse(lab.attempts(task)[0].get("pid"))

    def test_a_result_of_another_type_is_a_failure(self):
        lab = self.lab()
        lab.handlers["says"] = {"command": ["/bin/echo", '{"sum": "three"}'], "result": "stdout", "retry": {"attempts": 2, "base": "1ms", "jitter": "none"},
                                "result_schema": {"type": "object", "properties": {"sum": {"type": "integer"}}}}
        lab.write_configuration()
        lab.ok("POST", "/v1/reload")
        task = lab.ok("POST", "/v1/tasks", {"kind": "says"})["id"]
        self.assert_state(lab, task, "failed")
        self.assert_outcomes(lab, task, "failed", "failed")
        error = lab.task(task)["error"]
        self.assertEqual((error["code"], error["detail"]["path"]), ("invalid_result", "/sum"))
        self.assertIn("must be of type integer", error["message"])

    def test_a_bad_schema_is_a_configuration_error_with_its_place(self):
        lab = self.lab()
        lab.handlers["chaos"]["payload_schema"] = {"properties": {"a": {"$ref": "http://example.org/a.json"}}}
        lab.write_configuration()
        refused = lab.http("POST", "/v1/reload")
        self.assertEqual(refused.status, 422)
        self.assertRegex(refused.json["errors"][0], r"reeve\.yaml:\d+:\d+: handlers\.chaos\.payload_schema: /properties/a/\$ref .*nothing is fetched")

    def test_a_hostile_payload_does_not_hold_the_daemon_up(self):
        lab = self.typed(payload_schema={"type": "string", "pattern": "^(a+)+$"})
        begun = time.monotonic()
        refused = lab.http("POST", "/v1/tasks", {"kind": "typed", "payload": "a" * 5000 + "!"})
        self.assertEqual(refused.status, 422)
        self.assertIn("takes too much work", refused.json["detail"])
        self.assertLess(time.monotonic() - begun, 20)

    def test_check_tells_which_kinds_are_typed(self):
        lab = self.typed(payload_schema=MAIL_SCHEMA, result_schema={})
        self.assertRegex(lab.cli("check", "--config", lab.yaml).stdout, r"typed .*payload,result")


if __name__ == "__main__":
    unittest.main()

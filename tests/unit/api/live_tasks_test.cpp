#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/json/reader.hpp"
#include "daemon.hpp"
#include "supervisor/supervisor.hpp"

using namespace reeve;
using test::Daemon;
using test::enqueue;
using test::member;

namespace {

std::string code_of(const api::Response& response) {
  CHECK(response.headers.at("content-type") == "application/problem+json");
  CHECK(member(response.body, "status") == std::to_string(response.status));
  return member(response.body, "code");
}

}  // namespace

TEST_CASE("a task is enqueued, runs, and its result is read back byte for byte", "[live][tasks]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string payload = R"({ "b" : 1.50,  "a":[ "\u00e9" ] })";
  const api::Response done = client.request("POST", "/v1/tasks?wait=30s", R"({"kind":"echo","payload":)" + payload + "}");
  REQUIRE(done.status == 201);
  CHECK(member(done.body, "disposition") == "created");
  CHECK(member(done.body, "done") == "true");
  const std::string id = member(done.body, "id");
  const api::Response task = client.request("GET", "/v1/tasks/" + id);
  REQUIRE(task.status == 200);
  CHECK(member(task.body, "status") == "succeeded");
  CHECK(member(task.body, "payload") == payload);
  CHECK(member(task.body, "result") == payload);
  CHECK(member(task.body, "created_by") == "uid:" + std::to_string(::getuid()));
  const api::Response attempts = client.request("GET", "/v1/tasks/" + id + "/attempts");
  CHECK(attempts.body.find(R"("outcome":"succeeded")") != std::string::npos);
  CHECK(client.request("GET", "/v1/tasks/" + id + "/log").body == R"({"lines":[]})");
  CHECK(client.request("GET", "/v1/tasks/" + id + "/events").body.find("task.succeeded") != std::string::npos);
}

TEST_CASE("an equal task is returned instead of a new one", "[live][tasks]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string body = R"({"kind":"noop","delay":"1h","dedupe_key":"k","external_id":"order/7"})";
  const std::string id = enqueue(client, body);
  const api::Response again = client.request("POST", "/v1/tasks", R"({"kind":"noop","delay":"1h","dedupe_key":"k","payload":1})");
  CHECK(again.status == 200);
  CHECK(member(again.body, "id") == id);
  CHECK(member(again.body, "disposition") == "reused");
  CHECK(member(again.body, "payload_mismatch") == "true");
  CHECK(member(client.request("GET", "/v1/tasks/ext:order%2F7").body, "id") == id);
  const api::Response taken = client.request("POST", "/v1/tasks", R"({"kind":"noop","external_id":"order/7"})");
  CHECK(taken.status == 409);
  CHECK(code_of(taken) == "external_id_taken");
}

TEST_CASE("the same idempotency key gives the same answer and stores nothing", "[live][tasks]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::map<std::string, std::string> key{{"Idempotency-Key", "abc"}};
  const api::Response first = client.request("POST", "/v1/tasks", R"({"kind":"noop","delay":"1h"})", key);
  const api::Response second = client.request("POST", "/v1/tasks", R"({"kind":"noop","delay":"1h"})", key);
  CHECK(first.status == 201);
  CHECK(second.body == first.body);
  CHECK(second.headers.at("idempotent-replayed") == "true");
  const api::Response other = client.request("POST", "/v1/tasks", R"({"kind":"noop","delay":"2h"})", key);
  CHECK(other.status == 409);
  CHECK(code_of(other) == "idempotency_key_reused");
}

TEST_CASE("a bulk request stores all of its tasks or none, and names the item at fault", "[live][bulk][case-205]") {
  Daemon daemon;
  api::Client client = daemon.client();
  std::string lines;
  for (int i = 0; i < 1'000; ++i) lines += R"({"kind":"noop","delay":"1h","payload":)" + std::to_string(i) + "}\n";
  const std::map<std::string, std::string> ndjson{{"Content-Type", "application/x-ndjson"}};
  const api::Response all = client.request("POST", "/v1/tasks/bulk", lines, ndjson);
  REQUIRE(all.status == 201);
  CHECK(api::items_of(member(all.body, "tasks")).size() == 1'000);
  const api::Response bad = client.request("POST", "/v1/tasks/bulk", R"({"tasks":[{"kind":"noop"},{"kind":"noop"},{"kind":"nope"}]})");
  CHECK(bad.status == 422);
  CHECK(code_of(bad) == "unknown_kind");
  CHECK(member(bad.body, "item") == "2");
  const api::Response broken = client.request("POST", "/v1/tasks/bulk", "{\"kind\":\"noop\"}\n{\"kind\":\n", ndjson);
  CHECK(broken.status == 400);
  CHECK(member(broken.body, "detail").find("line 2") != std::string::npos);
  const std::string counts = member(member(client.request("GET", "/v1/status").body, "counts"), "status");
  CHECK(member(counts, "queued") == "1000");
  CHECK(client.request("POST", "/v1/tasks/bulk", R"({"tasks":[]})").status == 422);
}

TEST_CASE("lists are read page by page without gap or duplicate", "[live][tasks]") {
  Daemon daemon;
  api::Client client = daemon.client();
  for (int i = 0; i < 25; ++i) enqueue(client, R"({"kind":"noop","delay":"1h","labels":{"n":")" + std::to_string(i % 2) + R"("}})");
  std::vector<std::string> ids;
  std::string after;
  for (int page = 0; page < 10; ++page) {
    const api::Response response = client.request("GET", "/v1/tasks?order=oldest&limit=7&label=n=0" + (after.empty() ? "" : "&after=" + after));
    REQUIRE(response.status == 200);
    const std::string tasks = member(response.body, "tasks");
    for (const auto task : api::items_of(tasks)) ids.push_back(member(std::string(task), "id"));
    after = member(response.body, "next");
    if (after.empty()) break;
  }
  CHECK(ids.size() == 13);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 13);
  CHECK(client.request("GET", "/v1/tasks?kind=echo").body == R"({"tasks":[]})");
}

TEST_CASE("cancel, retry and delete say what they did, and refuse what the state forbids", "[live][control][case-105]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string id = enqueue(client, R"({"kind":"noop","delay":"1h"})");
  const std::string path = "/v1/tasks/" + id;
  CHECK(code_of(client.request("POST", path + "/retry")) == "not_terminal");
  CHECK(client.request("DELETE", path).status == 409);
  const api::Response cancelled = client.request("POST", path + "/cancel", R"({"reason":"no longer needed"})");
  CHECK(cancelled.body == R"({"id":)" + id + R"(,"result":"cancelled","status":"cancelled"})");
  CHECK(member(client.request("POST", path + "/cancel").body, "result") == "already_terminal");
  CHECK(client.request("POST", path + "/retry").body == R"({"id":)" + id + R"(,"result":"requeued"})");
  CHECK(member(client.request("GET", path + "/wait?timeout=30s").body, "done") == "true");
  CHECK(code_of(client.request("POST", path + "/retry")) == "succeeded_already");
  CHECK(member(client.request("DELETE", path).body, "result") == "removed");
  CHECK(code_of(client.request("GET", path)) == "task_not_found");
  const api::Response many = client.request("POST", "/v1/tasks/cancel", R"({"ids":[)" + id + R"(,999],"reason":"x"})");
  CHECK(many.body == R"({"results":[{"id":)" + id + R"(,"result":"not_found"},{"id":999,"result":"not_found"}]})");
}

TEST_CASE("a cancel reaches a running task", "[live][control]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string id = enqueue(client, R"({"kind":"sleep","payload":{"ms":600000}})");
  api::Client watcher = daemon.client();
  watcher.stream("/v1/tasks/" + id + "/stream?since=0", [](const api::StreamMessage& message) { return message.data.find("task.started") == std::string::npos; });
  CHECK(member(client.request("POST", "/v1/tasks/" + id + "/cancel").body, "result") == "requested");
  const api::Response ended = client.request("GET", "/v1/tasks/" + id + "/wait?timeout=30s");
  CHECK(member(member(ended.body, "task"), "status") == "cancelled");
}

TEST_CASE("a wait ends after its timeout and says that the task has not ended", "[live][wait]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string id = enqueue(client, R"({"kind":"noop","delay":"1h"})");
  const api::Response waited = client.request("GET", "/v1/tasks/" + id + "/wait?timeout=50ms");
  CHECK(waited.status == 200);
  CHECK(member(waited.body, "done") == "false");
  CHECK(member(member(waited.body, "task"), "state") == "scheduled");
  CHECK(client.request("GET", "/v1/tasks/" + id + "/wait?timeout=2h").status == 400);
  CHECK(client.request("GET", "/v1/tasks/999/wait").status == 404);
}

TEST_CASE("many clients wait for many tasks at once", "[live][wait]") {
  Daemon daemon;
  // Catch knows no threads: the answers are judged when the clients are gone.
  std::vector<std::vector<std::string>> answers(16);
  std::vector<std::thread> clients;
  for (std::vector<std::string>& mine : answers) {
    clients.emplace_back([&daemon, &mine] {
      api::Client client = daemon.client();
      for (int round = 0; round < 20; ++round) mine.push_back(client.request("POST", "/v1/tasks?wait=30s", R"({"kind":"noop"})").body);
    });
  }
  for (std::thread& one : clients) one.join();
  for (const std::vector<std::string>& of_one : answers) {
    CHECK(of_one.size() == 20);
    for (const std::string& answer : of_one) CHECK(member(answer, "done") == "true");
  }
}

TEST_CASE("why is answered by the daemon", "[live][why]") {
  Daemon daemon;
  api::Client client = daemon.client();
  CHECK(client.request("POST", "/v1/queues/default/pause", R"({"reason":"deploy"})").body == R"({"queue":"default","paused":true,"changed":true})");
  const std::string id = enqueue(client, R"({"kind":"noop"})");
  const api::Response why = client.request("GET", "/v1/tasks/" + id + "/why");
  CHECK(why.body.find(R"("code":"queue_paused")") != std::string::npos);
  CHECK(member(why.body, "state") == "blocked");
  CHECK(client.request("GET", "/v1/queues").body.find("deploy") != std::string::npos);
  CHECK(client.request("POST", "/v1/queues/default/resume").body == R"({"queue":"default","paused":false,"changed":true})");
  CHECK(member(client.request("GET", "/v1/tasks/" + id + "/wait").body, "done") == "true");
  CHECK(client.request("POST", "/v1/queues/a%20b/pause").status == 400);
}

TEST_CASE("the daemon tells about itself", "[live][daemon]") {
  Daemon daemon;
  api::Client client = daemon.client();
  enqueue(client, R"({"kind":"fail","payload":{"code":"x"}})");
  for (const char* path : {"/v1/status", "/v1/queues", "/v1/kinds", "/v1/stats", "/v1/doctor", "/v1/store/check", "/v1/events", "/healthz"}) {
    const api::Response response = client.request("GET", path);
    INFO(path << " " << response.body);
    CHECK(response.status == 200);
    CHECK_FALSE(api::check_json(response.body));
    const api::Response head = client.request("HEAD", path);
    CHECK(head.status == 200);
    CHECK(head.body.empty());
  }
  CHECK(member(client.request("GET", "/v1/status").body, "version") == "1.2.3");
  CHECK(member(client.request("POST", "/v1/drain").body, "draining") == "true");
  CHECK(client.request("GET", "/readyz").status == 503);
  CHECK(member(client.request("POST", "/v1/resume").body, "draining") == "false");
  CHECK(client.request("POST", "/v1/reload").body == R"({"warnings":[]})");
  daemon.on_loop([&] { daemon.next_reload.errors = {"reeve.yaml:1:1: bad"}; });
  const api::Response refused = client.request("POST", "/v1/reload");
  CHECK(refused.status == 422);
  CHECK(refused.body.find("reeve.yaml:1:1") != std::string::npos);
  CHECK(client.request("POST", "/v1/shutdown").status == 202);
  CHECK(daemon.was_asked_to_shut_down());
}

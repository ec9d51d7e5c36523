#include <catch2/catch.hpp>
#include <future>
#include <span>
#include <thread>

#include "api/json/reader.hpp"
#include "daemon.hpp"
#include "store/store.hpp"

using namespace reeve;
using test::Daemon;
using test::enqueue;
using test::member;

namespace {

std::vector<std::string> all_event_seqs(api::Client& client) {
  std::vector<std::string> seqs;
  for (std::string after = "0"; !after.empty();) {
    const api::Response page = client.request("GET", "/v1/events?limit=7&after=" + after);
    const std::string events = member(page.body, "events");
    for (const auto event : api::items_of(events)) seqs.push_back(member(std::string(event), "seq"));
    after = member(page.body, "next");
  }
  return seqs;
}

}  // namespace

TEST_CASE("streams that are resumed again and again add up to the event table", "[live][stream][case-213]") {
  Daemon daemon;
  api::Client client = daemon.client();
  constexpr int tasks = 40;
  std::thread writer([&] {
    api::Client other = daemon.client();
    for (int i = 0; i < tasks; ++i) other.request("POST", "/v1/tasks?wait=30s", R"({"kind":"noop"})");
  });
  std::vector<std::string> seqs;
  std::string last = "0";
  int ended = 0;
  for (int turn = 0; ended < tasks && turn < 1'000; ++turn) {
    int taken = 0;
    const auto take = [&](const api::StreamMessage& message) {
      CHECK(message.event == "event");
      CHECK(message.id == member(message.data, "seq"));
      seqs.push_back(message.id);
      last = message.id;
      ended += member(message.data, "type") == "task.succeeded" ? 1 : 0;
      return ++taken < 1 + turn % 9 && ended < tasks;
    };
    client.stream("/v1/events/stream", take, {{"Last-Event-ID", last}});
  }
  writer.join();
  CHECK(ended == tasks);
  CHECK(seqs == all_event_seqs(client));
}

TEST_CASE("a task stream begins with the task and ends after its end", "[live][stream][case-200][case-210][case-213]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string id = enqueue(client, R"({"kind":"sleep","payload":{"ms":30}})");
  std::vector<std::string> events;
  std::vector<std::string> types;
  const auto take = [&](const api::StreamMessage& message) {
    events.push_back(message.event);
    if (message.event == "event") types.push_back(member(message.data, "type"));
    if (message.event == "end") CHECK(member(message.data, "status") == "succeeded");
    if (message.event != "event") CHECK(message.id.empty());
    return true;
  };
  const api::Response head = client.stream("/v1/tasks/" + id + "/stream?since=0", take);
  CHECK(head.headers.at("content-type") == "text/event-stream");
  REQUIRE(events.size() >= 3);
  CHECK(events.front() == "bootstrap");
  CHECK(events.back() == "end");
  CHECK(types == std::vector<std::string>{"task.enqueued", "task.claimed", "task.started", "task.succeeded"});
  events.clear();
  client.stream("/v1/tasks/" + id + "/stream", take);
  CHECK(events == std::vector<std::string>{"bootstrap", "end"});
  CHECK(client.stream("/v1/tasks/999/stream", take).status == 404);
}

TEST_CASE("the stream of a task that fails ends, too", "[live][stream][case-215]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string id = enqueue(client, R"({"kind":"fail","payload":{"code":"x"},"max_attempts":1})");
  std::vector<std::string> types;
  std::string end;
  const auto take = [&](const api::StreamMessage& message) {
    if (message.event == "event") types.push_back(member(message.data, "type"));
    if (message.event == "end") end = member(message.data, "status");
    return true;
  };
  client.stream("/v1/tasks/" + id + "/stream?since=0", take);
  CHECK(end == "failed");
  REQUIRE_FALSE(types.empty());
  CHECK(types.back() == "task.failed");
}

TEST_CASE("log lines and thinned progress of a running task arrive before its end", "[live][stream][case-186]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string id = enqueue(client, R"({"kind":"sleep","payload":{"ms":600000}})");
  const store::TaskId task{std::stoll(id)};
  constexpr int reports = 300;
  std::promise<void> running;
  std::thread handler([&] {
    running.get_future().get();
    for (int i = 1; i <= reports; ++i) {
      daemon.in_store([&, i](store::Store& store) {
        store::Progress progress;
        progress.percent = 100.0 * i / reports;
        const bool taken = store.journal().progress({task, 1}, progress, store::from_ms(i));
        store::LogLine line;
        line.level = "info";
        line.message = "line " + std::to_string(i);
        if (!taken || !store.journal().log({task, 1}, std::span(&line, 1), store::from_ms(i))) throw std::runtime_error("not taken");
      });
    }
    daemon.client().request("POST", "/v1/tasks/" + id + "/cancel");
  });
  std::vector<std::string> lines;
  std::vector<std::string> order;
  int progress_events = 0;
  const auto take = [&](const api::StreamMessage& message) {
    if (message.event == "log") lines.push_back(member(message.data, "message"));
    const std::string type = message.event == "event" ? member(message.data, "type") : message.event;
    if (type == "task.started") running.set_value();
    if (type == "task.progress") ++progress_events;
    if (type != "log" && (order.empty() || order.back() != type)) order.push_back(type);
    return true;
  };
  client.stream("/v1/tasks/" + id + "/stream?since=0&last=0", take);
  handler.join();
  REQUIRE(lines.size() == reports);
  for (int i = 0; i < reports; ++i) CHECK(lines[static_cast<std::size_t>(i)] == "line " + std::to_string(i + 1));
  CHECK(progress_events >= 1);
  CHECK(progress_events < reports);
  CHECK(order.back() == "end");
  CHECK(*(order.end() - 2) == "task.cancelled");
}

TEST_CASE("a cursor that makes no sense is refused, one from elsewhere resets the stream", "[live][stream]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const auto none = [](const api::StreamMessage&) { return false; };
  for (const char* bad : {"abc", "-1", "1.5"}) {
    const api::Response refused = client.stream("/v1/events/stream", none, {{"Last-Event-ID", bad}});
    CHECK(refused.status == 400);
    CHECK(member(refused.body, "code") == "invalid_cursor");
  }
  CHECK(client.stream("/v1/events/stream?last=-1", none).status == 400);
  std::string event;
  client.stream("/v1/events/stream?since=4000000000", [&](const api::StreamMessage& message) {
    event = message.event;
    return false;
  });
  CHECK(event == "reset");
}

TEST_CASE("a stream may begin with the newest events and keep to what was asked for", "[live][stream]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string first = enqueue(client, R"({"kind":"noop","delay":"1h"})");
  const std::string second = enqueue(client, R"({"kind":"echo","delay":"1h"})");
  std::vector<std::string> tasks;
  const auto take = [&](const api::StreamMessage& message) {
    tasks.push_back(member(message.data, "task"));
    return false;
  };
  client.stream("/v1/events/stream?last=1", take);
  client.stream("/v1/events/stream?since=0&kind=echo", take);
  client.stream("/v1/events/stream?since=0&type=task.*&kind=noop", take);
  client.stream("/v1/events/stream?since=0&task=" + second, take);
  CHECK(tasks == std::vector<std::string>{second, second, first, second});
}

TEST_CASE("only so many streams are live at once, and a client that left frees its place", "[live][stream][case-186][case-211]") {
  api::Options limits;
  limits.streams_max = 2;
  Daemon daemon(limits);
  api::Client client = daemon.client();
  {
    test::RawConnection one(daemon.socket());
    test::RawConnection two(daemon.socket());
    for (test::RawConnection* each : {&one, &two}) {
      each->send("GET /v1/events/stream HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(each->read_until("\r\n\r\n").find("200 OK") != std::string::npos);
    }
    const api::Response third = client.request("GET", "/v1/events/stream");
    CHECK(third.status == 503);
    CHECK(member(third.body, "code") == "too_many_streams");
    CHECK(third.headers.count("retry-after") == 1);
  }
  const auto left = [&] { return member(member(client.request("GET", "/v1/status").body, "figures"), "streams"); };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (left() != "0" && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(left() == "0");
}

TEST_CASE("stopping tells live streams and lets waiting clients go", "[live][stream]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string id = enqueue(client, R"({"kind":"noop","delay":"1h"})");
  test::RawConnection stream(daemon.socket());
  stream.send("GET /v1/events/stream HTTP/1.1\r\nHost: x\r\n\r\n");
  stream.read_until("\r\n\r\n");
  test::RawConnection waiting(daemon.socket());
  waiting.send("GET /v1/tasks/" + id + "/wait?timeout=1h HTTP/1.1\r\nHost: x\r\n\r\n");
  test::RawConnection idle(daemon.socket());
  CHECK(client.request("GET", "/healthz").status == 200);
  daemon.stop();
  CHECK(stream.read_until("event: shutdown").find("retry: ") != std::string::npos);
  CHECK(stream.closed_within(std::chrono::seconds{5}));
  CHECK(waiting.read_until("\"done\":false").find("200 OK") != std::string::npos);
  CHECK(idle.closed_within(std::chrono::seconds{5}));
  CHECK_THROWS_AS(client.request("GET", "/healthz"), api::Unreachable);
}

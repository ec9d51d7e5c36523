#include <catch2/catch.hpp>
#include <algorithm>

#include "api/stream/coalescer.hpp"
#include "api/stream/live.hpp"
#include "api/stream/sse.hpp"

using namespace reeve;
using namespace std::chrono_literals;

namespace {

std::vector<api::StreamMessage> read(std::string_view bytes, std::size_t piece) {
  api::SseReader reader;
  std::vector<api::StreamMessage> messages;
  const auto take = [&messages](const api::StreamMessage& message) {
    messages.push_back(message);
    return true;
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece) reader.feed(bytes.substr(at, piece), take);
  return messages;
}

store::Event event(std::int64_t seq, std::string type, std::int64_t task) {
  store::Event one;
  one.seq = store::Cursor{seq};
  one.type = std::move(type);
  one.task = store::TaskId{task};
  return one;
}

const supervisor::Moment start{1h};

std::vector<std::int64_t> seqs(const api::Coalescer::Out& out) {
  std::vector<std::int64_t> numbers;
  for (const auto& one : out) numbers.push_back(number(one.event.seq));
  return numbers;
}

}  // namespace

TEST_CASE("a stream message reads back as it was written, however it is cut", "[stream]") {
  std::string text;
  api::append_sse(text, "event", "17", R"({"a":1})");
  text += api::sse_comment;
  api::append_sse(text, "log", "", "one\ntwo\r\nthree\rfour");
  api::append_sse(text, "end", "18", "");
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto messages = read(text, piece);
    REQUIRE(messages.size() == 3);
    CHECK(messages[0].id == "17");
    CHECK(messages[0].event == "event");
    CHECK(messages[0].data == R"({"a":1})");
    CHECK(messages[1].id.empty());
    CHECK(messages[1].data == "one\ntwo\nthree\nfour");
    CHECK(messages[2].event == "end");
    CHECK(messages[2].data.empty());
  }
}

TEST_CASE("no data can end a message early or forge another", "[stream]") {
  std::string text;
  api::append_sse(text, "log", "", "x\n\nid: 99\nevent: end\ndata: forged\n\n");
  const auto messages = read(text, 7);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].event == "log");
  CHECK(messages[0].id.empty());
}

TEST_CASE("progress passes ten times a second for each task, the latest wins", "[stream]") {
  api::Coalescer coalescer;
  api::Coalescer::Out out;
  for (int i = 0; i < 100; ++i) {
    const auto now = start + i * 10ms;
    coalescer.take(event(2 * i + 1, "task.progress", 1), now, out);
    coalescer.take(event(2 * i + 2, "task.progress", 2), now, out);
    coalescer.release_due(now, out);
  }
  coalescer.release_due(start + 2s, out);
  const auto of_one = std::count_if(out.begin(), out.end(), [](const auto& one) { return one.event.task == store::TaskId{1}; });
  CHECK(of_one >= 10);
  CHECK(of_one <= 11);
  CHECK(number(out.back().event.seq) >= 199);
}

TEST_CASE("held progress is sent before any other event of its task", "[stream]") {
  api::Coalescer coalescer;
  api::Coalescer::Out out;
  coalescer.take(event(1, "task.progress", 1), start, out);
  coalescer.take(event(2, "task.progress", 1), start + 1ms, out);
  coalescer.take(event(3, "task.progress", 1), start + 2ms, out);
  CHECK(seqs(out) == std::vector<std::int64_t>{1});
  CHECK(coalescer.next() == start + 100ms);
  coalescer.take(event(4, "task.succeeded", 1), start + 3ms, out);
  CHECK(seqs(out) == std::vector<std::int64_t>{1, 3, 4});
  CHECK_FALSE(coalescer.next());
}

TEST_CASE("progress that comes after later events is marked late and moves no cursor back", "[stream]") {
  api::Coalescer coalescer;
  api::Coalescer::Out out;
  coalescer.take(event(1, "task.progress", 1), start, out);
  coalescer.take(event(2, "task.progress", 1), start + 1ms, out);
  coalescer.take(event(3, "task.started", 2), start + 2ms, out);
  coalescer.release_due(start + 100ms, out);
  CHECK(seqs(out) == std::vector<std::int64_t>{1, 3, 2});
  CHECK_FALSE(out[1].late);
  CHECK(out[2].late);
}

TEST_CASE("other events pass at once and in order", "[stream]") {
  api::Coalescer coalescer;
  api::Coalescer::Out out;
  for (int i = 1; i <= 50; ++i) coalescer.take(event(i, "task.started", i % 3), start, out);
  CHECK(out.size() == 50);
  CHECK(std::is_sorted(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.event.seq < b.event.seq; }));
}

TEST_CASE("a stream starts where the client left off, or says what is lost", "[stream]") {
  const store::Cursor first{101}, newest{200};
  CHECK(api::start_of(std::nullopt, 0, first, newest).after == newest);
  CHECK(api::start_of(std::nullopt, 5, first, newest).after == store::Cursor{195});
  CHECK(api::start_of(std::nullopt, 1'000, first, newest).after == store::Cursor{100});
  CHECK(api::start_of(store::Cursor{150}, 0, first, newest).after == store::Cursor{150});
  CHECK_FALSE(api::start_of(store::Cursor{150}, 0, first, newest).lost_before);
  CHECK_FALSE(api::start_of(store::Cursor{100}, 0, first, newest).lost_before);
  CHECK_FALSE(api::start_of(store::Cursor{200}, 0, first, newest).lost_before);
  const api::StreamStart pruned = api::start_of(store::Cursor{99}, 0, first, newest);
  CHECK(pruned.after == store::Cursor{100});
  CHECK(pruned.lost_before == first);
  CHECK(api::start_of(store::Cursor{201}, 0, first, newest).lost_before == first);
  CHECK(api::start_of(std::nullopt, 5, store::Cursor{}, store::Cursor{}).after == store::Cursor{});
  CHECK_FALSE(api::start_of(store::Cursor{}, 0, store::Cursor{}, store::Cursor{}).lost_before);
}

#include "supervisor/event_feed.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <vector>

using namespace reeve;
using namespace reeve::supervisor;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr store::Cursor four{4}, five{5}, six{6};

void fail_on_exception(const std::exception_ptr& failed) {
  if (failed) std::rethrow_exception(failed);
}

}  // namespace

TEST_CASE("who waits for the log to grow is told when it has", "[event-feed]") {
  asio::io_context loop;
  EventFeed feed(loop.get_executor(), five);
  std::vector<std::string> story;
  auto waiter = [&]() -> asio::awaitable<void> {
    const bool at_once = co_await feed.wait_beyond(four, 1h);
    story.push_back(at_once ? "already there" : "?");
    const bool grown = co_await feed.wait_beyond(five, 1h);
    story.push_back(grown ? "grown" : "?");
  };
  asio::co_spawn(loop, waiter, fail_on_exception);
  asio::post(loop, [&] { feed.announce(six); });
  loop.run();
  CHECK(story == std::vector<std::string>{"already there", "grown"});
}

TEST_CASE("a wait for the log ends at its deadline", "[event-feed]") {
  asio::io_context loop;
  EventFeed feed(loop.get_executor(), five);
  bool grown = true;
  auto waiter = [&]() -> asio::awaitable<void> { grown = co_await feed.wait_beyond(five, 1ms); };
  asio::co_spawn(loop, waiter, fail_on_exception);
  loop.run();
  CHECK_FALSE(grown);
}

TEST_CASE("closing the feed ends every wait, and later ones at once", "[event-feed]") {
  asio::io_context loop;
  EventFeed feed(loop.get_executor(), five);
  int ended = 0;
  auto waiter = [&]() -> asio::awaitable<void> {
    co_await feed.wait_beyond(five, 1h);
    co_await feed.wait_beyond(five, 1h);
    ++ended;
  };
  for (int i = 0; i < 3; ++i) asio::co_spawn(loop, waiter, fail_on_exception);
  asio::post(loop, [&] { feed.close(); });
  loop.run();
  CHECK(ended == 3);
}

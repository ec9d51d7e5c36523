#include "executors/process/conversation.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "tests/conformance/executor/bench.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;

TEST_CASE("half a message is not overdue while the observer holds too much and nothing is read", "[protocol][backpressure]") {
  boost::asio::io_context loop;
  Execution execution;
  execution.process = std::make_shared<ProcessSpec>();
  Witness witness;
  witness.backlog = 2 << 20;
  Bell news(loop.get_executor());
  const auto buffer = std::make_unique<process::ReadBuffer>();
  auto opened = process::open_pipes();
  auto& pipes = std::get<process::Pipes>(opened);
  process::Conversation conversation(loop.get_executor(), execution, witness, news, *buffer, pipes);
  const auto say = [&pipes](std::string_view words) {
    REQUIRE(::write(pipes.talk.theirs.get(), words.data(), words.size()) == static_cast<ssize_t>(words.size()));
  };
  conversation.begin();
  say("{\"type\":");
  while (!witness.resume) loop.run_one();
  CHECK(conversation.frame_deadline() == Bell::never);

  witness.backlog = 0;
  std::exchange(witness.resume, {})();
  while (conversation.frame_deadline() == Bell::never) loop.run_one();   // it is read again, and so it is late again
  say("\"beat\"}\n");
  while (conversation.frame_deadline() != Bell::never) loop.run_one();
  CHECK(witness.signs_of_life == 1);
  conversation.close();
  while (!conversation.all_read()) loop.run_one();
}

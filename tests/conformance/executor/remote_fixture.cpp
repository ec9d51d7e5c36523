// The worker elsewhere of these tests lives on the same loop: it claims, and says through the ear of the attempt what its payload tells it to.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "executors/remote/exchange.hpp"
#include "tests/conformance/executor/bench.hpp"
#include "tests/conformance/executor/fixture.hpp"

namespace reeve::executors::testing {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

const std::string until_stopped = R"({"until":"stopped"})";
const std::string percent_by_percent = R"({"count":)";

// What it says, and what it is answered. Nothing once the attempt has ended.
std::string say(Witness& witness, const std::string& message) {
  std::string answer;
  if (witness.ear != nullptr) witness.ear->hear(message, [&answer](std::string line) { answer = std::move(line); });
  return answer;
}

asio::awaitable<void> work_until_stopped(Witness& witness) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (witness.ear != nullptr) {
    const std::string answer = say(witness, R"({"type":"beat"})");
    if (answer.find("\"stop\":") != std::string::npos) say(witness, R"({"type":"error","code":"stopped"})");
    timer.expires_after(milliseconds(2));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> attend(Bench& bench, std::string kind, Witness& witness) {
  remote::Offer offer;
  offer.kinds = {std::move(kind)};
  auto nobody_runs = [&bench] { return bench.running == 0; };
  const auto claim = co_await bench.executors->exchange().claim(std::move(offer), milliseconds(10'000), nobody_runs);
  if (!claim) co_return;
  const std::string& told = claim->execution.payload;
  if (told == until_stopped) co_await work_until_stopped(witness);
  else if (told.starts_with(percent_by_percent)) {
    const int count = std::atoi(told.c_str() + percent_by_percent.size());
    for (int i = 1; i <= count; ++i) say(witness, R"({"type":"progress","percent":)" + std::to_string(i) + "}");
    say(witness, R"({"type":"result"})");
  } else {
    say(witness, told);
  }
}

Execution told(std::string payload) {
  static int attempts = 0;
  Execution execution;
  execution.task = 7;
  execution.epoch = 3;
  execution.kind = "far-" + std::to_string(++attempts);   // so that each worker gets its own
  execution.payload = std::move(payload);
  execution.remote = std::make_shared<RemoteSpec>();
  return execution;
}

[[maybe_unused]] const bool attended = [] {
  Bench::companion = [](Bench& bench, const Execution& execution, Witness& witness) {
    asio::co_spawn(bench.loop, attend(bench, execution.kind, witness), asio::detached);
  };
  return true;
}();

}  // namespace

const Fixture& fixture() {
  static const Fixture remote_fixture{
      "remote",
      [](const std::string& result) { return told(R"({"type":"result","value":)" + result + "}"); },
      [](const std::string& code, const std::string& message) { return told(R"({"type":"error","code":")" + code + R"(","message":")" + message + "\"}"); },
      [](const std::string& code) { return told(R"({"type":"reject","code":")" + code + "\"}"); },
      [] { return told(until_stopped); },
      [] { return std::optional<Execution>(); },
      [](int count) { return std::optional(told(percent_by_percent + std::to_string(count) + "}")); },
      [](int) { return std::optional<Execution>(); },
      [](int) { return std::optional<Execution>(); },
      [] { return std::optional<Execution>(); },
  };
  return remote_fixture;
}

}  // namespace reeve::executors::testing

// Speaking for a running attempt, by whoever has its token.
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

namespace asio = boost::asio;

Problem unknown_token() {
  return {401, "unknown_token",
          "no running attempt has this token; it is good while its attempt runs: send Authorization: Bearer $REEVE_TOKEN from inside the handler"};
}

// The answer of the attempt, or nothing when it cannot be spoken to.
asio::awaitable<std::string> hear(Service& service, std::string token, std::string line) {
  auto initiate = [&service, &token, &line](auto handler) {
    using Handler = decltype(handler);
    auto resume = std::make_shared<Handler>(std::move(handler));   // of this and of the reply: one of the two calls it
    const auto later = [loop = service.backend.loop, resume](std::string answer) {
      asio::post(loop, [resume, answer = std::move(answer)]() mutable { std::move (*resume)(std::move(answer)); });
    };
    if (!service.backend.supervisor.hear(token, line, later)) later({});
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::string)>(initiate, asio::use_awaitable);
}

}  // namespace

Answer speak(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  if (request.bearer.empty()) throw unknown_token();
  check_format(request);
  co_await check_large_json(service, request.body, 0);
  std::string answer = co_await hear(service, request.bearer, request.body);
  if (answer.empty()) throw unknown_token();
  if (answer.back() == '\n') answer.pop_back();
  co_return json_reply(std::move(answer));
}

}  // namespace reeve::api::routes

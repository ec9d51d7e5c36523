// The one place where requests find their routes and failures become answers.
#include <boost/asio/awaitable.hpp>

#include "api/problem.hpp"
#include "api/route_table.hpp"
#include "api/service.hpp"
#include "store/store.hpp"
#include "supervisor/log.hpp"

namespace reeve::api {

namespace asio = boost::asio;

namespace {

constexpr int retry_busy_s = 1;
constexpr int retry_full_s = 10;

Problem no_such_path(const std::string& path) {
  return Problem(404, "route_not_found", "there is nothing at " + path.substr(0, 200) + "; docs/api.md lists all routes");
}

Problem wrong_method(const Request& request, const std::string& allowed) {
  Problem problem(405, "method_not_allowed", request.path.substr(0, 200) + " takes " + allowed);
  problem.allow = allowed;
  return problem;
}

Problem from_store(const store::StoreError& error) {
  Problem problem(503, "store_failed", error.what());
  if (error.kind() == store::StoreError::Kind::busy) {
    problem.code = "store_busy";
    problem.retry_after_s = retry_busy_s;
  } else if (error.kind() == store::StoreError::Kind::full) {
    problem.status = 507;
    problem.code = "store_full";
    problem.retry_after_s = retry_full_s;
  } else {
    problem.status = 500;
  }
  return problem;
}

}  // namespace

asio::awaitable<Reply> answer(Service& service, Request request) {
  Match found = match(route_table(), request.method, request.segments);
  if (found.route == nullptr && found.allowed.empty()) co_return to_reply(no_such_path(request.path));
  if (found.route == nullptr) co_return to_reply(wrong_method(request, found.allowed));
  request.arguments = std::move(found.arguments);
  const std::string path = request.path;
  try {
    co_return co_await found.route->handler(service, std::move(request));
  } catch (const Problem& problem) {
    co_return to_reply(problem);
  } catch (const store::StoreError& error) {
    co_return to_reply(from_store(error));
  } catch (const std::exception& error) {
    service.backend.log.error("api.route_failed", {{"path", path}, {"error", error.what()}});
    co_return to_reply(Problem(500, "internal_error", "the daemon could not answer " + path.substr(0, 200) + "; its log has the reason (api.route_failed)"));
  }
}

}  // namespace reeve::api

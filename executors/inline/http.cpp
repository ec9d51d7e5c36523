#include "executors/inline/http.hpp"

#include <utility>

#include "executors/inline/http_answer.hpp"

namespace reeve::executors::in_daemon {
namespace {

namespace asio = boost::asio;

constexpr std::string_view sent_everywhere[] = {"user-agent", "accept", "accept-language", "content-type", "idempotency-key", "traceparent"};

bool redirects(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

// What proves who we are is for the one it was given for.
void forget_secrets(HttpHeaders& headers) {
  HttpHeaders kept;
  for (const auto name : sent_everywhere) {
    if (const auto* value = headers.find(name)) kept.set(std::string(name), *value);
  }
  headers = std::move(kept);
}

// As browsers do: 303, and 301 and 302 after a POST, ask for another thing with GET.
void forget_body(HttpRequest& request, int status) {
  const bool asks_anew = (status == 303 && request.method != "HEAD") || ((status == 301 || status == 302) && request.method == "POST");
  if (!asks_anew) return;
  request.method = "GET";
  request.body.reset();
  request.headers.erase("content-type");
}

Rejected bad_redirect(const HttpRequest& request, const std::string& what) { return {"redirect", request.url.authority + " redirects: " + what, {}}; }

// The next request, or why there is none.
std::optional<Rejected> follow(HttpRequest& request, int status, const std::string& location) {
  if (request.follow == 0) return bad_redirect(request, "more often than follow: allows");
  auto next = resolve_url(request.url, location);
  if (const auto* bad = std::get_if<BadUrl>(&next)) return bad_redirect(request, "its location " + bad->message);
  Url& url = std::get<Url>(next);
  if (request.url.tls && !url.tls) return bad_redirect(request, "from https to http, where everybody can read along");
  if (!url.same_origin(request.url)) forget_secrets(request.headers);
  forget_body(request, status);
  request.url = std::move(url);
  --request.follow;
  return std::nullopt;
}

asio::awaitable<End> exchange(HttpClient& client, HttpRequest request, Abort& abort) {
  const auto deadline = Bell::after(request.timeout);
  const bool follows = request.follow > 0;
  for (;;) {
    auto answer = co_await client.ask(request, deadline, abort);
    if (auto* failed = std::get_if<Failed>(&answer)) co_return std::move(*failed);
    const auto& response = std::get<HttpResponse>(answer);
    const auto* location = header_of(response, "location");
    const bool goes_on = follows && location != nullptr && redirects(response.status) && !request.expects(response.status);
    if (!goes_on) co_return end_of(response, request, std::chrono::system_clock::now());
    if (auto refused = follow(request, response.status, *location)) co_return std::move(*refused);
  }
}

}  // namespace

asio::awaitable<End> http(HttpClient& client, const Execution& execution, Brake& brake) {
  auto request = read_http_request(execution);
  if (auto* refused = std::get_if<Rejected>(&request)) co_return std::move(*refused);
  Abort abort;
  brake.listen([&abort] { abort.now(); });
  End end = co_await exchange(client, std::get<HttpRequest>(std::move(request)), abort);
  brake.listen({});
  const bool stopped = abort.asked() && !std::holds_alternative<Succeeded>(end);
  if (stopped) co_return Stopped{*brake.reason()};
  co_return end;
}

}  // namespace reeve::executors::in_daemon

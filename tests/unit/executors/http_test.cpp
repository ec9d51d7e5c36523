// The built-in `http` against a real server, good and bad, over TCP and TLS.
#include <stdlib.h>

#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "executors/inline/http_answer.hpp"
#include "executors/inline/http_url.hpp"
#include "tests/conformance/executor/bench.hpp"
#include "tests/unit/executors/http_server.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
namespace json = boost::json;
namespace fs = std::filesystem;
using Catch::Contains;
using std::chrono::system_clock;

namespace {

Execution execution_of(std::string payload, std::string defaults = {}) {
  Execution execution;
  execution.task = 11;
  execution.epoch = 5;
  execution.attempt = 2;
  execution.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  execution.payload = std::move(payload);
  execution.builtin = std::make_shared<const BuiltinSpec>(BuiltinSpec{"http", std::move(defaults)});
  return execution;
}

End end_of(std::string payload, std::string defaults = {}) {
  Bench bench;
  return bench.run("inline", execution_of(std::move(payload), std::move(defaults))).end;
}

template <class Kind>
Kind end_as(std::string payload, std::string defaults = {}) {
  const End end = end_of(std::move(payload), std::move(defaults));
  if (const auto* failed = std::get_if<Failed>(&end)) UNSCOPED_INFO(failed->code + ": " + failed->message);
  if (const auto* rejected = std::get_if<Rejected>(&end)) UNSCOPED_INFO(rejected->code + ": " + rejected->message);
  REQUIRE(std::holds_alternative<Kind>(end));
  return std::get<Kind>(end);
}

json::object result_of(std::string payload, std::string defaults = {}) {
  return json::parse(end_as<Succeeded>(std::move(payload), std::move(defaults)).result).as_object();
}

// {"url": …} with further members.
std::string to(const std::string& url, const std::string& members = {}) { return R"({"url":")" + url + "\"" + (members.empty() ? "" : "," + members) + "}"; }

HttpServer::Answer always(std::string bytes) {
  return [bytes = std::move(bytes)](const Seen&) { return bytes; };
}

Failed failure_at(const std::string& bytes, const std::string& members = {}) {
  const HttpServer server(always(bytes));
  return end_as<Failed>(to(server.url(), members));
}

// A key and a certificate that signs itself.
class Identity {
 public:
  explicit Identity(const std::string& names) {
    std::string name = (fs::temp_directory_path() / "reeve-tls-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    certificate = {folder_ + "/certificate.pem", folder_ + "/key.pem"};
    const std::string command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=" + names + " -out " + certificate.file +
                                " -keyout " + certificate.key_file + " 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
  }
  ~Identity() {
    ::unsetenv("SSL_CERT_FILE");
    fs::remove_all(folder_);
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  void trust() const { ::setenv("SSL_CERT_FILE", certificate.file.c_str(), 1); }   // the system's store from now on

  Certificate certificate{};

 private:
  std::string folder_;
};

std::string tls_url(const HttpServer& server, const std::string& host = "localhost") { return "https://" + host + ":" + std::to_string(server.port()) + "/"; }

}  // namespace

TEST_CASE("a request without a body is a GET that says who asks and for what", "[http]") {
  const HttpServer server(always(answer_of(200, "X-Answer: a\r\nx-answer: b\r\n", "hello")));
  const auto result = result_of(to(server.url("/path?x=1&y=%20")));
  CHECK(result.at("status").as_int64() == 200);
  CHECK(result.at("body").as_string() == "hello");
  CHECK(result.at("headers").as_object().at("x-answer").as_string() == "a, b");
  CHECK_FALSE(result.contains("truncated"));
  const auto seen = server.seen().at(0);
  CHECK(seen.method == "GET");
  CHECK(seen.target == "/path?x=1&y=%20");
  CHECK(seen.header("host") == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(seen.header("user-agent") == "reeve/0.1.0");
  CHECK(seen.header("idempotency-key") == "reeve-11-2");
  CHECK(seen.header("traceparent") == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  CHECK(seen.header("connection") == "close");
  CHECK(seen.header("content-length").empty());
}

TEST_CASE("a body is sent byte for byte, with a POST unless a method is given", "[http]") {
  const HttpServer server(always(answer_of(204)));
  CHECK(result_of(to(server.url(), R"("body": {"price": 1.50, "id": 12345678901234567890123})")).at("body").as_string().empty());
  CHECK(result_of(to(server.url(), R"("method": "put", "body": "a\u0000b", "headers": {"Content-Type": "x/y", "idempotency-key": "mine"})")).contains("status"));
  CHECK(result_of(to(server.url(), R"("body": null)")).contains("status"));
  CHECK(result_of(to(server.url()), R"({"b\u006fdy": [1]})").contains("status"));
  const auto seen = server.seen();
  CHECK(seen.at(0).method == "POST");
  CHECK(seen.at(0).body == R"({"price": 1.50, "id": 12345678901234567890123})");
  CHECK(seen.at(0).header("content-type") == "application/json");
  CHECK(seen.at(1).method == "PUT");
  CHECK(seen.at(1).body == std::string("a\0b", 3));
  CHECK(seen.at(1).header("content-type") == "x/y");
  CHECK(seen.at(1).header("idempotency-key") == "mine");
  CHECK(seen.at(2).method == "GET");
  CHECK(seen.at(3).body == "[1]");
}

TEST_CASE("the declaration gives what the payload does not, and headers are merged", "[http]") {
  const HttpServer server(always(answer_of(201)));
  const std::string defaults = to(server.url("/hook"), R"("method":"PATCH","headers":{"Authorization":"Bearer s3cret","X-A":"declared","n":7},"expect":201)");
  CHECK(result_of("", defaults).at("status").as_int64() == 201);
  CHECK(result_of("null", defaults).at("status").as_int64() == 201);
  CHECK(result_of(R"({"headers":{"x-a":"given"},"body":1})", defaults).at("status").as_int64() == 201);
  const auto seen = server.seen();
  CHECK(seen.at(0).method == "PATCH");
  CHECK(seen.at(0).target == "/hook");
  CHECK(seen.at(2).header("authorization") == "Bearer s3cret");
  CHECK(seen.at(2).header("x-a") == "given");
  CHECK(seen.at(2).header("n") == "7");
  CHECK(seen.at(2).body == "1");
}

TEST_CASE("a declared header is not sent to a url that the payload chose", "[http][hostile]") {
  const HttpServer server(always(answer_of(200)));
  const std::string secret = R"("headers":{"authorization":"Bearer s3cret"})";
  CHECK(end_as<Succeeded>(to(server.url()), to("https://api.example/hook", secret)).result.size() > 2);
  CHECK(end_as<Succeeded>(to(server.url("/other")), to(server.url("/hook"), secret)).result.size() > 2);
  CHECK(server.seen().at(0).header("authorization").empty());
  CHECK(server.seen().at(1).header("authorization") == "Bearer s3cret");
}

TEST_CASE("a status means success, another try, or the end", "[http][status]") {
  const auto busy = failure_at(answer_of(503, "retry-after: 120\r\n", "come back later"));
  CHECK(busy.code == "http_503");
  REQUIRE(busy.retry_at);
  CHECK(*busy.retry_at > system_clock::now() + std::chrono::seconds(60));
  CHECK(*busy.retry_at <= system_clock::now() + std::chrono::seconds(120));
  CHECK_THAT(busy.detail, Contains("come back later"));
  CHECK_FALSE(failure_at(answer_of(500)).retry_at);
  CHECK(failure_at(answer_of(429)).code == "http_429");
  CHECK(failure_at(answer_of(408)).code == "http_408");
  const HttpServer missing(always(answer_of(404, {}, "no \xff page")));
  CHECK(end_as<Rejected>(to(missing.url())).code == "http_404");
  CHECK_THAT(end_as<Rejected>(to(missing.url())).detail, Contains("no \xEF\xBF\xBD page"));
  CHECK(result_of(to(missing.url(), R"("expect":[200,"404"])")).at("status").as_int64() == 404);
  CHECK(result_of(to(missing.url(), R"("expect":"4xx")")).at("status").as_int64() == 404);
  CHECK(result_of(to(missing.url(), R"("expect":["200-299","400-404"])")).at("status").as_int64() == 404);
  const HttpServer well(always(answer_of(200)));
  CHECK(end_as<Rejected>(to(well.url(), R"("expect":201)")).code == "http_200");
}

TEST_CASE("an answer is read however it ends, up to its bound", "[http][answer]") {
  const auto body_of = [](const std::string& bytes, const std::string& members = {}) {
    const HttpServer server(always(bytes));
    return result_of(to(server.url(), members));
  };
  CHECK(body_of("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").at("body").as_string() == "abcde");
  CHECK(body_of("HTTP/1.1 200 OK\r\n\r\nuntil the end").at("body").as_string() == "until the end");
  CHECK(body_of("HTTP/1.0 200 OK\r\n\r\nold").at("body").as_string() == "old");
  CHECK(body_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\n" + answer_of(200, {}, "late")).at("body").as_string() == "late");
  CHECK(body_of("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", R"("method":"HEAD")").at("headers").as_object().at("content-length").as_string() == "5");
  const auto binary = body_of(answer_of(200, {}, "\xff\xfe\x01"));
  CHECK(binary.at("body_base64").as_string() == "//4B");
  CHECK_FALSE(binary.contains("body"));
  const auto whole = body_of(answer_of(200, {}, std::string(1 << 20, 'x')));
  CHECK(whole.at("body").as_string().size() == 1 << 20);
  CHECK_FALSE(whole.contains("truncated"));
  const auto much = body_of(answer_of(200, {}, std::string((1 << 20) - 1, 'x') + "\xC3\xA4" + std::string(1 << 20, 'y')));
  CHECK(much.at("truncated").as_bool());
  CHECK(much.at("body").as_string().size() == (1 << 20) - 1);   // half a character is none
}

TEST_CASE("redirects are followed only as often as is said", "[http][redirect]") {
  const HttpServer server([](const Seen& request) -> std::optional<std::string> {
    if (request.target == "/start") return answer_of(302, "location: /next?a=b\r\n");
    if (request.target == "/keep") return answer_of(307, "location: end\r\n");
    if (request.target == "/loop") return answer_of(301, "location: /loop\r\n");
    if (request.target == "/bad") return answer_of(301, "location: ftp://x/\r\n");
    if (request.target == "/nowhere") return answer_of(302);
    return answer_of(200, {}, request.method + " " + request.target + " " + request.body);
  });
  CHECK(end_as<Rejected>(to(server.url("/start"))).code == "http_302");
  CHECK(result_of(to(server.url("/start"), R"("follow":1,"body":"b")")).at("body").as_string() == "GET /next?a=b ");
  CHECK(result_of(to(server.url("/keep"), R"("follow":1,"body":"b")")).at("body").as_string() == "POST /end b");
  CHECK(end_as<Rejected>(to(server.url("/loop"), R"("follow":10)")).code == "redirect");
  CHECK_THAT(end_as<Rejected>(to(server.url("/bad"), R"("follow":1)")).message, Contains("only http and https"));
  CHECK(end_as<Rejected>(to(server.url("/nowhere"), R"("follow":1)")).code == "http_302");
  CHECK(result_of(to(server.url("/start"), R"("follow":3,"expect":302)")).at("status").as_int64() == 302);
}

TEST_CASE("a redirect to another origin takes no secrets along", "[http][redirect][hostile]") {
  const HttpServer other(always(answer_of(200)));
  const HttpServer server(always(answer_of(307, "location: " + other.url("/x") + "\r\n")));
  result_of(to(server.url(), R"("follow":1,"body":{},"headers":{"authorization":"s3cret","cookie":"a=b","x-api-key":"k"})"));
  CHECK(server.seen().at(0).header("authorization") == "s3cret");
  const auto seen = other.seen().at(0);
  CHECK(seen.header("authorization").empty());
  CHECK(seen.header("cookie").empty());
  CHECK(seen.header("x-api-key").empty());
  CHECK(seen.header("content-type") == "application/json");
  CHECK(seen.body == "{}");
}

TEST_CASE("each way not to get an answer has its code", "[http][failure]") {
  int closed_port = 0;
  {
    const HttpServer server(always(""));
    closed_port = server.port();
  }
  CHECK(end_as<Failed>(to("http://127.0.0.1:" + std::to_string(closed_port) + "/")).code == "connect");
  CHECK(end_as<Failed>(to("http://[::1]:" + std::to_string(closed_port) + "/")).code == "connect");
  CHECK(end_as<Failed>(to("http://" + std::string(64, 'a') + ".invalid/")).code == "resolve");   // no name server is asked: a label has 63 at most
  CHECK(failure_at("").code == "disconnect");
  CHECK(failure_at("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").code == "disconnect");
  CHECK(failure_at("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").code == "disconnect");
  CHECK(failure_at("SSH-2.0-OpenSSH_9.2\r\n\r\n").code == "protocol");
  CHECK(failure_at("HTTP/1.1 200 OK\r\nx: " + std::string(70'000, 'x') + "\r\n\r\n").code == "protocol");
  std::string interim;
  for (int i = 0; i < 100; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(failure_at(interim).code == "protocol");
  const HttpServer silent([](const Seen&) { return std::nullopt; });
  CHECK(end_as<Failed>(to(silent.url(), R"("timeout":50)")).code == "timeout");
  const HttpServer plain(always(answer_of(200)));
  CHECK(end_as<Failed>(to(tls_url(plain, "127.0.0.1"), R"("timeout":"5s")")).code == "tls");
}

TEST_CASE("a stop ends a request at once and closes its connection", "[http][stop]") {
  Bench bench;
  Witness witness;
  Brake brake;
  std::optional<Outcome> outcome;
  HttpServer server([&](const Seen&) {
    boost::asio::post(bench.loop, [&] { brake.stop(StopReason::cancel); });
    return std::nullopt;
  });
  bench.start(*bench.executors->find("inline"), execution_of(to(server.url(), R"("timeout":"1h")")), witness, brake, outcome);
  REQUIRE(bench.settle());
  REQUIRE(std::holds_alternative<Stopped>(outcome->end));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (server.abandoned() == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(server.abandoned() == 1);
}

TEST_CASE("a stop before anything was awaited ends a request, too", "[http][stop]") {
  Bench bench;
  Witness witness;
  Brake brake;
  witness.react = [&] { brake.stop(StopReason::shutdown); };
  const HttpServer server([](const Seen&) { return std::nullopt; });
  const auto host = GENERATE(as<std::string>{}, "127.0.0.1", "localhost");
  const auto outcome = bench.run("inline", execution_of(to("http://" + host + ":" + std::to_string(server.port()))), witness, brake);
  CHECK(std::holds_alternative<Stopped>(outcome.end));
  CHECK(server.seen().empty());
}

TEST_CASE("a certificate must be trusted and be for the host", "[http][tls]") {
  const Identity identity("DNS:localhost,IP:127.0.0.1");
  const HttpServer server(always(answer_of(200, {}, "private")), &identity.certificate);
  const auto untrusted = end_as<Failed>(to(tls_url(server)));
  CHECK(untrusted.code == "tls");
  CHECK_THAT(untrusted.message, Contains("not trusted") && Contains("self"));
  identity.trust();
  CHECK(result_of(to(tls_url(server))).at("body").as_string() == "private");
  CHECK(result_of(to(tls_url(server, "127.0.0.1"))).at("body").as_string() == "private");
  CHECK(server.seen().size() == 2);
}

TEST_CASE("a certificate for another host is refused", "[http][tls]") {
  const Identity identity("DNS:elsewhere.example");
  const HttpServer server(always(answer_of(200)), &identity.certificate);
  identity.trust();
  const auto refused = end_as<Failed>(to(tls_url(server)));
  CHECK(refused.code == "tls");
  CHECK(server.seen().empty());
}

TEST_CASE("no redirect leads from https to http", "[http][tls][redirect]") {
  const Identity identity("DNS:localhost");
  const HttpServer server(always(answer_of(302, "location: http://localhost/\r\n")), &identity.certificate);
  identity.trust();
  CHECK_THAT(end_as<Rejected>(to(tls_url(server), R"("follow":1)")).message, Contains("from https to http"));
}

TEST_CASE("a payload that cannot be sent is rejected with what to write", "[http][payload]") {
  const auto refusal = [](const std::string& payload, const std::string& defaults = {}) {
    const auto rejected = end_as<Rejected>(payload, defaults);
    CHECK(rejected.code == "payload");
    return rejected.message;
  };
  const auto with = [](const std::string& member) { return to("http://127.0.0.1:1/", member); };
  CHECK_THAT(refusal("nonsense"), Contains("the payload is no JSON object"));
  CHECK_THAT(refusal("[1]"), Contains("the payload is no JSON object"));
  CHECK_THAT(refusal("{}"), Contains("the url is missing"));
  CHECK_THAT(refusal("{}", "[1]"), Contains("the declaration (with:) is no JSON object"));
  CHECK_THAT(refusal(with(R"("ulr":1)")), Contains("the member \"ulr\"; known are url method"));
  CHECK_THAT(refusal(R"({"url":7})"), Contains("url: a text is needed"));
  CHECK_THAT(refusal(to("ftp://x/")), Contains("only http and https"));
  CHECK_THAT(refusal(to("file:///etc/passwd")), Contains("only http and https"));
  CHECK_THAT(refusal(to("http://a:b@x/")), Contains("holds a user or password"));
  CHECK_THAT(refusal(R"({"url":"http://x/\r\nx: y"})"), Contains("is no URL"));
  CHECK_THAT(refusal(to("http:///x")), Contains("names no host"));
  CHECK_THAT(refusal(to("http://x:99999/")), Contains("port") || Contains("is no URL"));
  CHECK_THAT(refusal(to("http://x%00y/")), Contains("names no host"));
  CHECK_THAT(refusal(to("http://x/" + std::string(9000, 'x'))), Contains("at most 8192"));
  CHECK_THAT(refusal(with(R"("method":"GET / HTTP/1.1\r\nx")")), Contains("method:"));
  CHECK_THAT(refusal(with(R"("method":"")")), Contains("method:"));
  CHECK_THAT(refusal(with(R"("method":"connect")")), Contains("CONNECT is not for requests"));
  CHECK_THAT(refusal(with(R"("headers":[])")), Contains("headers: an object"));
  CHECK_THAT(refusal(with(R"("headers":{"a b":"c"})")), Contains("\"a b\" is no name"));
  CHECK_THAT(refusal(with(R"("headers":{"a:":"c"})")), Contains("is no name"));
  CHECK_THAT(refusal(with(R"("headers":{"a":"b\r\nc: d"})")), Contains("holds a line break"));
  CHECK_THAT(refusal(with(R"("headers":{"a":"b\u0000"})")), Contains("control character"));
  CHECK_THAT(refusal(with(R"("headers":{"a":[1]})")), Contains("must be a text or a number"));
  CHECK_THAT(refusal(with(R"("headers":{"Content-Length":"5"})")), Contains("is set by reeve itself"));
  CHECK_THAT(refusal(with(R"("headers":{"Transfer-Encoding":"chunked"})")), Contains("is set by reeve itself"));
  CHECK_THAT(refusal(with(R"("headers":{"a":")" + std::string(40'000, 'x') + "\"}")), Contains("at most 100"));
  CHECK_THAT(refusal(with(R"("expect":[])")), Contains("expect: the list is empty"));
  CHECK_THAT(refusal(with(R"("expect":"9xx")")), Contains("expect:"));
  CHECK_THAT(refusal(with(R"("expect":99)")), Contains("expect:"));
  CHECK_THAT(refusal(with(R"("expect":"300-200")")), Contains("expect:"));
  CHECK_THAT(refusal(with(R"("timeout":0)")), Contains("timeout:"));
  CHECK_THAT(refusal(with(R"("timeout":"5x")")), Contains("timeout:"));
  CHECK_THAT(refusal(with(R"("timeout":"2h")")), Contains("timeout:"));
  CHECK_THAT(refusal(with(R"("timeout":1e300)")), Contains("timeout:"));
  CHECK_THAT(refusal(with(R"("follow":11)")), Contains("follow:"));
  CHECK_THAT(refusal(with(R"("follow":"all")")), Contains("follow:"));
}

TEST_CASE("a URL is taken apart into what is looked up, verified and asked for", "[http][url]") {
  using reeve::executors::in_daemon::parse_url;
  using reeve::executors::in_daemon::resolve_url;
  using reeve::executors::in_daemon::Url;
  const auto url = [](const std::string& text) { return std::get<Url>(parse_url(text)); };
  CHECK(url("HTTPS://Example.COM:8443/a%2Fb?c#d") == Url{true, "example.com", "8443", "example.com:8443", "/a%2Fb?c"});
  CHECK(url("http://example.com") == Url{false, "example.com", "80", "example.com", "/"});
  CHECK(url("http://example.com:80?x") == Url{false, "example.com", "80", "example.com", "/?x"});
  CHECK(url("https://[::1]/") == Url{true, "::1", "443", "[::1]", "/"});
  const auto moved = [&](const std::string& location) { return std::get<Url>(resolve_url(url("https://a.example/x/y?z"), location)).text(); };
  CHECK(moved("/p") == "https://a.example/p");
  CHECK(moved("q?r") == "https://a.example/x/q?r");
  CHECK(moved("../up") == "https://a.example/up");
  CHECK(moved("//b.example/") == "https://b.example/");
  CHECK(moved("http://c.example:81") == "http://c.example:81/");
}

TEST_CASE("Retry-After is seconds or a date, and never in the past or far away", "[http][status]") {
  using namespace std::chrono;
  using reeve::executors::in_daemon::retry_after;
  const system_clock::time_point now = sys_days(year(1994) / 11 / 6) + hours(8) + minutes(49);
  CHECK(retry_after("37", now) == now + seconds(37));
  CHECK(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == now + seconds(37));
  CHECK_FALSE(retry_after("Sun, 06 Nov 1994 08:48:37 GMT", now));
  CHECK(retry_after("2147483647", now) == now + hours(366 * 24));
  CHECK(retry_after("Sun, 06 Nov 9994 08:49:37 GMT", now) == now + hours(366 * 24));
  for (const char* wrong : {"", "0", "-5", "5 ", "1e3", "99999999999999999999", "soon", "Sun, 31 Feb 1995 08:49:37 GMT", "Sun, 06 Nov 1995 25:49:37 GMT", "Sun, 06 Nov 1995 08:49:37 CET"}) {
    INFO(wrong);
    CHECK_FALSE(retry_after(wrong, now));
  }
}

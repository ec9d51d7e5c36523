#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <list>

#include "api/unix_socket.hpp"
#include "daemon.hpp"

using namespace reeve;
using test::Daemon;
using test::member;
using test::RawConnection;

namespace {

std::string post(const std::string& body, const std::string& headers = "Content-Type: application/json\r\n") {
  return "POST /v1/tasks HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string queued(api::Client& client) {
  return member(member(member(client.request("GET", "/v1/status").body, "counts"), "status"), "queued");
}

// A bound socket file that nobody listens on.
void leave_stale_socket(const std::string& path) {
  const api::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
}

}  // namespace

TEST_CASE("what is wrong with a request is said with the right status and code", "[live][hostile]") {
  Daemon daemon;
  api::Client client = daemon.client();
  struct Case { std::string method, target, body; int status; std::string code; std::map<std::string, std::string> headers{}; };
  const std::vector<Case> cases{
      {"GET", "/nope", "", 404, "route_not_found"},
      {"GET", "/v1/tasks/17", "", 404, "task_not_found"},
      {"GET", "/v1/tasks/x%00y", "", 400, "invalid_target"},
      {"GET", "/v1/tasks/..%2f..%2fetc", "", 404, "task_not_found"},
      {"PUT", "/v1/tasks", "", 405, "method_not_allowed"},
      {"BREW", "/v1/tasks", "", 405, "method_not_allowed"},
      {"GET", "/v1/tasks?limit=1001", "", 400, "invalid_parameter"},
      {"GET", "/v1/tasks?limt=1", "", 400, "unknown_parameter"},
      {"POST", "/v1/tasks", "{", 400, "invalid_json"},
      {"POST", "/v1/tasks", R"({"kind":"noop","kind":"noop"})", 400, "invalid_json"},
      {"POST", "/v1/tasks", std::string(1'000'000, '['), 400, "invalid_json"},
      {"POST", "/v1/tasks", R"({"kind":"noop","payload":"\ud800"})", 400, "invalid_json"},
      {"POST", "/v1/tasks", R"({"kind":"nope"})", 422, "unknown_kind"},
      {"POST", "/v1/tasks", R"({"kind":"../../x"})", 422, ""},
      {"POST", "/v1/tasks", R"({"kind":"noop","payloed":1})", 422, "unknown_field"},
      {"POST", "/v1/tasks", R"({"kind":"noop","queue":"a\nb"})", 422, ""},
      {"POST", "/v1/tasks", R"({"kind":"noop","labels":{"a b":"c"}})", 422, ""},
      {"POST", "/v1/tasks", "kind=noop", 415, "unsupported_content_type", {{"Content-Type", "application/x-www-form-urlencoded"}}},
      {"POST", "/v1/tasks", "{}", 415, "unsupported_encoding", {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}},
      {"POST", "/v1/tasks/cancel", R"({"ids":[]})", 422, "invalid_value"},
      {"POST", "/v1/tasks/cancel", R"({"ids":["1"]})", 422, "invalid_value"},
      {"POST", "/v1/store/backup", R"({"path":"relative"})", 422, "invalid_value"},
  };
  for (const Case& one : cases) {
    const api::Response response = client.request(one.method, one.target, one.body, one.headers);
    INFO(one.method << " " << one.target << " " << one.body.substr(0, 80) << " -> " << response.body);
    CHECK(response.status == one.status);
    CHECK(response.headers.at("content-type") == "application/problem+json");
    if (!one.code.empty()) CHECK(member(response.body, "code") == one.code);
    CHECK_FALSE(member(response.body, "detail").empty());
  }
  CHECK(client.request("PUT", "/v1/tasks").headers.at("allow") == "POST, GET, HEAD");
  CHECK(queued(client) == "0");
}

TEST_CASE("a request cut off at any byte stores nothing, a whole one exactly one task", "[live][hostile]") {
  Daemon daemon;
  api::Client client = daemon.client();
  const std::string request = post(R"({"kind":"noop","delay":"1h"})");
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    RawConnection connection(daemon.socket());
    connection.send(request.substr(0, cut));
  }
  CHECK(queued(client) == "0");
  RawConnection connection(daemon.socket());
  connection.send(request);
  CHECK(connection.read_until("\"created\"").find("201 Created") != std::string::npos);
  CHECK(queued(client) == "1");
}

TEST_CASE("bytes that come one by one make a request all the same", "[live][hostile]") {
  Daemon daemon;
  RawConnection connection(daemon.socket());
  for (const char byte : post(R"({"kind":"noop","delay":"1h"})")) connection.send(std::string(1, byte));
  CHECK(connection.read_until("\"created\"").find("201 Created") != std::string::npos);
}

TEST_CASE("pipelined requests are answered in order", "[live][http]") {
  Daemon daemon;
  RawConnection connection(daemon.socket());
  connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /nope HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string all = connection.read_until("never");
  const std::size_t first = all.find("{\"status\":\"ok\"}"), second = all.find("route_not_found");
  CHECK(first != std::string::npos);
  CHECK(second != std::string::npos);
  CHECK(first < second);
  CHECK(all.find("Connection: close") > second);
}

TEST_CASE("a body over the limit is refused and the reason can be read", "[live][hostile]") {
  api::Options limits;
  limits.body_bytes_max = 10'000;
  Daemon daemon(limits);
  api::Client client = daemon.client();
  const api::Response announced = client.request("POST", "/v1/tasks", std::string(20'000'000, ' '));
  CHECK(announced.status == 413);
  CHECK(member(announced.body, "code") == "body_too_large");
  RawConnection chunked(daemon.socket());
  std::string body = "POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) body += "3e8\r\n" + std::string(1'000, ' ') + "\r\n";
  chunked.send(body);
  CHECK(chunked.read_until("body_too_large").find("413 ") != std::string::npos);
}

TEST_CASE("what is not HTTP gets 400, a huge header 431, and the daemon goes on", "[live][hostile]") {
  Daemon daemon;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"hello\r\n\r\n", "400 "},
      {std::string("\x16\x03\x01\x02\x00\x01\x00", 7) + "\r\n\r\n", "400 "},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 "},
      {"GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431 "},
      {"POST /v1/tasks HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "400 "},
      {"POST /v1/tasks HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "400 "},
      {"POST /v1/tasks HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400 "},
      {"GET /a b HTTP/1.1\r\n\r\n", "400 "},
  };
  for (const auto& [bytes, status] : cases) {
    RawConnection connection(daemon.socket());
    connection.send(bytes);
    const std::string answer = connection.read_until("\"detail\"");
    INFO(bytes.substr(0, 60) << " -> " << answer);
    CHECK(answer.find("HTTP/1.1 " + status) == 0);
  }
  CHECK(daemon.client().request("GET", "/healthz").status == 200);
}

TEST_CASE("a header that never ends is cut off", "[live][hostile][slow]") {
  Daemon daemon;
  RawConnection slow(daemon.socket());
  slow.send("GET /healthz HTTP/1.1\r\nX-Slow: ");
  CHECK(slow.closed_within(std::chrono::seconds{30}));
}

TEST_CASE("connections that ask nothing give way when the house is full", "[live][hostile]") {
  api::Options limits;
  limits.connections_max = 32;
  Daemon daemon(limits);
  std::list<RawConnection> crowd;
  for (int i = 0; i < 200; ++i) crowd.emplace_back(daemon.socket()).send("GET /healthz HT");
  const auto start = std::chrono::steady_clock::now();
  CHECK(daemon.client().request("GET", "/healthz").status == 200);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{10});
}

TEST_CASE("health is answered while every place is taken by a waiting client", "[live][hostile]") {
  api::Options limits;
  limits.connections_max = 4;
  Daemon daemon(limits);
  api::Client client = daemon.client();
  const std::string id = member(client.request("POST", "/v1/tasks", R"({"kind":"noop","delay":"1h"})").body, "id");
  std::list<RawConnection> waiting;
  for (int i = 0; i < 4; ++i) waiting.emplace_back(daemon.socket()).send("GET /v1/tasks/" + id + "/wait?timeout=1h HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) CHECK(daemon.client().request("GET", "/healthz").status == 200);
  const api::Response long_one = daemon.client().request("GET", "/v1/tasks/" + id + "/wait?timeout=1h");
  CHECK(long_one.status == 503);
  CHECK(member(long_one.body, "code") == "too_many_connections");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
}

TEST_CASE("the socket has its mode, its parent is made, and it is gone after a stop", "[live][socket]") {
  const test::Folder folder;
  api::Options options;
  options.socket = folder.path("run/reeve/reeve.sock");
  options.socket_mode = 0600;
  struct stat file {};
  {
    const api::ListeningSocket socket(options);
    REQUIRE(::lstat(options.socket.c_str(), &file) == 0);
    CHECK((file.st_mode & 07777) == 0600);
    CHECK(S_ISSOCK(file.st_mode));
    REQUIRE(::lstat(folder.path("run/reeve").c_str(), &file) == 0);
    CHECK((file.st_mode & 0027) == 0);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path("run/reeve")), {}) == 1);
  }
  CHECK(::lstat(options.socket.c_str(), &file) != 0);
}

TEST_CASE("a stale socket is replaced; a live one, a file and a link are not", "[live][socket]") {
  const test::Folder folder;
  api::Options options;
  options.socket = folder.path("reeve.sock");
  leave_stale_socket(options.socket);
  {
    const api::ListeningSocket first(options);
    CHECK_THROWS_WITH(api::ListeningSocket(options), Catch::Contains(options.socket) && Catch::Contains("another daemon answers"));
    CHECK(std::filesystem::exists(options.socket));
  }
  std::ofstream(options.socket) << "precious";
  CHECK_THROWS_WITH(api::ListeningSocket(options), Catch::Contains("something else than a socket"));
  CHECK(std::filesystem::file_size(options.socket) == 8);
  std::filesystem::remove(options.socket);
  std::filesystem::create_symlink(folder.path("elsewhere"), options.socket);
  CHECK_THROWS_WITH(api::ListeningSocket(options), Catch::Contains("something else than a socket"));
  std::filesystem::remove(options.socket);
  options.socket_group = "no-such-group-here";
  CHECK_THROWS_WITH(api::ListeningSocket(options), Catch::Contains("no-such-group-here"));
  options.socket_group.clear();
  options.socket = folder.path(std::string(120, 'x'));
  CHECK_THROWS_WITH(api::ListeningSocket(options), Catch::Contains("too long"));
}

TEST_CASE("a stop leaves a socket alone that is another daemon's by now", "[live][socket]") {
  const test::Folder folder;
  api::Options options;
  options.socket = folder.path("reeve.sock");
  auto first = std::make_unique<api::ListeningSocket>(options);
  std::filesystem::remove(options.socket);
  const api::ListeningSocket second(options);
  first.reset();
  CHECK(std::filesystem::exists(options.socket));
}

TEST_CASE("a client that reaches nobody names the socket and the next step", "[client]") {
  const test::Folder folder;
  const std::string path = folder.path("reeve.sock");
  CHECK_THROWS_WITH(api::Client(path).request("GET", "/healthz"), "nobody listens on " + path + ": start the daemon with `reeve serve`, or name its socket with --socket");
  leave_stale_socket(path);
  CHECK_THROWS_WITH(api::Client(path).request("GET", "/healthz"), Catch::Contains("nobody listens"));
}

TEST_CASE("a client keeps its connection and survives that the daemon closed it", "[client]") {
  Daemon daemon;
  api::Client client = daemon.client();
  CHECK(client.request("GET", "/healthz").status == 200);
  CHECK(client.request("GET", "/healthz", "", {{"Connection", "close"}}).status == 200);
  CHECK(client.request("GET", "/healthz").status == 200);
  const std::string id = member(client.request("POST", "/v1/tasks", R"({"kind":"noop","delay":"1h"})").body, "id");
  CHECK_THROWS_WITH(client.request("GET", "/v1/tasks/" + id + "/wait?timeout=1h", "", {}, std::chrono::milliseconds{50}), Catch::Contains("in time"));
}

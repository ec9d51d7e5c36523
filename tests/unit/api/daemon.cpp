#include "api/child_task.hpp"
#include "daemon.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "api/json/reader.hpp"
#include "executors/make.hpp"
#include "store/open.hpp"
#include "supervisor/event_feed.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::test {

namespace asio = boost::asio;

namespace {

handlers::Handler builtin(const std::string& kind, const std::string& function) {
  handlers::Handler handler;
  handler.kind = kind;
  handler.executor = "inline";
  handler.builtin = std::make_shared<const executors::BuiltinSpec>(executors::BuiltinSpec{function});
  handler.retry.attempts = 1;
  handler.stop_grace = store::Millis{100};
  return handler;
}

std::shared_ptr<const handlers::Handlers> declarations() {
  std::vector<handlers::Handler> all{builtin("noop", "noop"), builtin("echo", "echo"), builtin("sleep", "sleep"), builtin("fail", "fail")};
  handlers::Queue narrow;
  narrow.name = "narrow";
  narrow.concurrency = 1;
  return std::make_shared<const handlers::Handlers>(std::move(all), std::vector<handlers::Queue>{narrow});
}

void rethrow(const std::exception_ptr& failed) {
  if (failed) std::rethrow_exception(failed);
}

}  // namespace

Folder::Folder() : path_((std::filesystem::temp_directory_path() / "reeve-api-XXXXXX").string()) {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no directory for the test");
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Daemon::Daemon(api::Options limits) : limits_(std::move(limits)), log_(supervisor::make_silent_log()) {
  limits_.socket = folder_.path("reeve.sock");
  const asio::any_io_executor loop = loop_.get_executor();
  store::Options memory;
  memory.url = "memory:";
  auto store = store::open(memory);
  auto reader = store->open_reader();
  feed_ = std::make_unique<supervisor::EventFeed>(loop, store->last_event());
  const auto announce = [this](store::Cursor last) { feed_->announce(last); };
  const auto give_up = [](const store::StoreError& error) { throw std::runtime_error(error.what()); };
  store_ = std::make_unique<supervisor::StoreThread>(loop, std::move(store), supervisor::StoreThread::Options{}, announce, give_up);
  reader_ = std::make_unique<supervisor::ReaderThread>(loop, std::move(reader));
  executors::Options prepared;
  prepared.incarnation = "test";
  prepared.store_id = "test";
  prepared.attempt_dir = folder_.path("attempts");
  executors_ = executors::make(loop, prepared);
  const supervisor::Supervisor::Parts parts{loop, *store_, *executors_, clock_, *log_, [] { return 0.5; }, *reader_,
                                               [this](std::string_view json, store::TaskId parent) {
                                                 return api::admit_child(*supervisor_->handlers(), json, parent, clock_.now());
                                               }};
  supervisor_ = std::make_unique<supervisor::Supervisor>(parts, supervisor::Options{}, declarations(), false, store::RetentionPolicy{});
  api::Backend backend{loop, *store_, *reader_, *supervisor_, *feed_, executors_->exchange(), clock_, *log_, "1.2.3",
                       [this] { return next_reload; }, [this] { shutdown_asked_ = true; }, {{"pidfd", true, "yes"}}, true};
  server_ = std::make_unique<api::Server>(std::move(backend), limits_);
  server_->bind();
  asio::co_spawn(loop, supervisor_->run({"test", "boot", "incarnation", ::getpid()}), rethrow);
  asio::co_spawn(loop, server_->run(), rethrow);
  thread_ = std::thread([this] { loop_.run(); });
}

Daemon::~Daemon() { stop(); }

void Daemon::on_loop(const std::function<void()>& work) {
  std::promise<void> done;
  asio::post(loop_, [&] {
    work();
    done.set_value();
  });
  done.get_future().get();
}

void Daemon::in_store(std::function<void(store::Store&)> work) {
  std::promise<void> done;
  asio::co_spawn(loop_, store_->run(std::move(work)), [&done](const std::exception_ptr& failed) {
    if (failed) done.set_exception(failed);
    else done.set_value();
  });
  done.get_future().get();
}

void Daemon::stop() {
  if (!thread_.joinable()) return;
  on_loop([this] {
    server_->stop();
    supervisor_->shut_down();
    supervisor_->shut_down();
  });
  thread_.join();
  store_->stop();
  reader_->stop();
}

std::string enqueue(api::Client& client, const std::string& body) {
  const api::Response response = client.request("POST", "/v1/tasks", body);
  INFO(response.body);
  REQUIRE(response.status == 201);
  return member(response.body, "id");
}

std::string member(const std::string& json, const std::string& key) {
  INFO(json);
  REQUIRE_FALSE(api::check_json(json));
  for (const api::JsonMember& one : api::members_of(json))
    if (one.key == key) return api::type_of(one.value) == api::JsonType::string ? api::string_of(one.value) : std::string(one.value);
  return {};
}

RawConnection::RawConnection(const std::string& socket) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.c_str(), socket.size() + 1);
  REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
}

RawConnection::~RawConnection() { ::close(fd_); }

bool RawConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string RawConnection::read_until(std::string_view marker, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string all;
  while (all.find(marker) == std::string::npos) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd look{fd_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&look, 1, static_cast<int>(left.count())) <= 0) break;
    char piece[4'096];
    const ssize_t got = ::recv(fd_, piece, sizeof(piece), 0);
    if (got <= 0) break;
    all.append(piece, static_cast<std::size_t>(got));
  }
  return all;
}

bool RawConnection::closed_within(std::chrono::milliseconds patience) {
  pollfd look{fd_, POLLIN, 0};
  while (::poll(&look, 1, static_cast<int>(patience.count())) > 0) {
    char piece[4'096];
    if (::recv(fd_, piece, sizeof(piece), 0) <= 0) return true;
  }
  return false;
}

}  // namespace reeve::test

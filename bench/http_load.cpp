// Clients that enqueue as fast as they are answered, each on a kept connection with one request in flight.
//
//   http_load --socket PATH --clients 64 --seconds 3 [--kind noop] [--payload 200] [--bulk 1000]
//
// Prints one line of JSON; the rate is that of tasks, the percentiles are those of a request.
#include <sys/epoll.h>

#include <cctype>
#include <vector>

#include "bench/figures.hpp"
#include "bench/unix_http.hpp"

namespace {

std::string request(const bench::Arguments& arguments) {
  const auto payload = static_cast<std::size_t>(arguments.figure("--payload", 200));
  const long bulk = arguments.figure("--bulk", 0);
  const std::string task = "{\"kind\":\"" + arguments.text("--kind", "noop") + "\",\"payload\":\"" + std::string(payload - 2, 'x') + "\"}";
  if (bulk == 0) return bench::post("/v1/tasks", task);
  std::string tasks;
  for (long i = 0; i < bulk; ++i) tasks += (i ? "," : "") + task;
  return bench::post("/v1/tasks/bulk", "{\"tasks\":[" + tasks + "]}");
}

struct Client {
  bench::Connection connection;
  std::int64_t sent_at = 0;
};

void measure(const bench::Arguments& arguments) {
  const std::string bytes = request(arguments);
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Client> clients;
  for (long i = 0; i < arguments.figure("--clients", 1); ++i) clients.push_back(Client{bench::Connection(arguments.text("--socket"))});
  bench::Samples samples;
  const std::int64_t begin = bench::now_ns(), end = begin + static_cast<std::int64_t>(arguments.seconds() * 1e9);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u64 = i;
    epoll_ctl(poller, EPOLL_CTL_ADD, clients[i].connection.descriptor(), &interest);
    clients[i].sent_at = bench::now_ns();
    clients[i].connection.send(bytes);
  }
  std::int64_t now = begin;
  for (std::size_t open = clients.size(); open > 0;) {
    epoll_event ready[64];
    const int count = epoll_wait(poller, ready, 64, 30'000);
    if (count == 0) throw std::runtime_error("no answer for 30 s");
    for (int i = 0; i < count; ++i) {
      Client& client = clients[ready[i].data.u64];
      if (!client.connection.receive()) continue;
      now = bench::now_ns();
      samples.add(now - client.sent_at);
      if (now >= end) {
        --open;
        continue;
      }
      client.sent_at = now;
      client.connection.send(bytes);
    }
  }
  close(poller);
  const long bulk = arguments.figure("--bulk", 0);
  bench::tell(samples.count() * static_cast<std::size_t>(bulk ? bulk : 1), now - begin, samples);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure(bench::Arguments(argc, argv));
    return 0;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "http_load: %s\n", fault.what());
    return 1;
  }
}

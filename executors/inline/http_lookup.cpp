#include "executors/inline/http_lookup.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <utility>

namespace reeve::executors::in_daemon {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

unsigned short port_of(const Url& url) {
  unsigned short port = 0;
  std::from_chars(url.port.data(), url.port.data() + url.port.size(), port);
  return port;
}

Failed not_found(const Url& url, const std::string& why) { return {"resolve", "the host " + url.host + " has no address: " + why, {}, {}}; }

}  // namespace

struct Lookup::Question {
  explicit Question(const asio::any_io_executor& loop) : resolver(loop), news(loop) {}
  tcp::resolver resolver;
  Bell news;
  boost::system::error_code error{};
  Endpoints found{};
  bool answered = false;
  bool aborted = false;
};

Lookup::Lookup(const asio::any_io_executor& loop) : question_(std::make_shared<Question>(loop)) {}
Lookup::~Lookup() { question_->resolver.cancel(); }

void Lookup::abort() {
  question_->aborted = true;
  question_->news.ring();
}

asio::awaitable<std::variant<Endpoints, Failed>> Lookup::find(const Url& url, Bell::Moment deadline) {
  boost::system::error_code no_address;
  const auto address = asio::ip::make_address(url.host, no_address);
  if (!no_address) co_return Endpoints(1, tcp::endpoint(address, port_of(url)));

  const auto question = question_;
  question->resolver.async_resolve(url.host, url.port, tcp::resolver::numeric_service,
                                   [question](const boost::system::error_code& error, const tcp::resolver::results_type& results) {
                                     question->error = error;
                                     for (const auto& result : results) question->found.push_back(result.endpoint());
                                     question->answered = true;
                                     question->news.ring();
                                   });
  while (!question->answered && !question->aborted && !Bell::past(deadline)) co_await question->news.wait(deadline);
  if (!question->answered) co_return Failed{"timeout", "the address of the host " + url.host + " was not found in time", {}, {}};
  if (question->error) co_return not_found(url, question->error.message());
  if (question->found.empty()) co_return not_found(url, "the answer is empty");
  co_return std::move(question->found);
}

}  // namespace reeve::executors::in_daemon

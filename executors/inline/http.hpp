// The built-in `http`: sends what the payload says (http_request.hpp), follows redirects if told to, and judges the answer (http_answer.hpp).
#pragma once

#include <boost/asio/awaitable.hpp>

#include "executors/executor.hpp"
#include "executors/inline/http_client.hpp"

namespace reeve::executors::in_daemon {

// A stop ends it at once.
[[nodiscard]] boost::asio::awaitable<End> http(HttpClient& client, const Execution& execution, Brake& brake);

}  // namespace reeve::executors::in_daemon

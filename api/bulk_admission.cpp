#include "api/bulk_admission.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/admission.hpp"
#include "api/problem.hpp"

namespace reeve::api {

namespace asio = boost::asio;

namespace {

store::NewTask admit_item(Service& service, std::string_view object, const std::string& actor, std::size_t item) {
  try {
    return admit_task(service, object, actor);
  } catch (Problem& problem) {
    problem.item = item;
    throw;
  }
}

}  // namespace

void check_item_count(const Service& service, std::size_t count) {
  if (count > static_cast<std::size_t>(service.options.bulk_max))
    throw Problem(413, "too_many_tasks", std::to_string(count) + " tasks; send at most " + std::to_string(service.options.bulk_max) + " at once (api.bulk_max)", "tasks");
}

asio::awaitable<void> admit_items(Service& service, const std::vector<std::string_view>& items, const std::string& actor,
                                  store::EnqueueRequest& enqueue) {
  enqueue.tasks.reserve(items.size());
  for (const std::string_view item : items) {
    enqueue.tasks.push_back(admit_item(service, item, actor, enqueue.tasks.size()));
    if (enqueue.tasks.size() % items_at_a_stretch == 0) co_await asio::post(service.backend.loop, asio::use_awaitable);
  }
}

}  // namespace reeve::api

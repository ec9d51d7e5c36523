#include "store/door.hpp"

#include <boost/json/serialize.hpp>

namespace reeve::store {
namespace {

// What stands between the braces; empty for what is no object of ours.
std::string_view inside(std::string_view object) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t open = object.find_first_not_of(blank);
  const std::size_t close = object.find_last_not_of(blank);
  if (open == std::string_view::npos || close <= open || object[open] != '{' || object[close] != '}') return {};
  const std::string_view members = object.substr(open + 1, close - open - 1);
  return members.find_first_not_of(blank) == std::string_view::npos ? std::string_view{} : members;
}

}  // namespace

std::string task_text(const DoorRow& row) {
  std::string text = "{\"kind\":";
  text += boost::json::serialize(boost::json::string_view{row.kind.data(), row.kind.size()});
  text += ",\"payload\":";
  text += row.payload;
  const std::string_view more = inside(row.options);
  if (!more.empty()) (text += ',') += more;
  return text += '}';
}

}  // namespace reeve::store

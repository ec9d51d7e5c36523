#include "cli/compose/inbox_rows.hpp"

#include <algorithm>
#include <string>

#include "api/json/reader.hpp"
#include "cli/json_object.hpp"
#include "cli/selector.hpp"

namespace reeve::cli::compose {
namespace {

[[noreturn]] void refuse_line(std::size_t number, const std::string& why) { throw UsageError("line " + std::to_string(number) + " " + why); }

bool comes_after_an_item(std::string_view after) {
  const auto is_item = [](std::string_view one) { return api::type_of(one) == api::JsonType::string && api::string_of(one).starts_with("item:"); };
  if (api::type_of(after) != api::JsonType::array) return is_item(after);
  const std::vector<std::string_view> all = api::items_of(after);
  return std::any_of(all.begin(), all.end(), is_item);
}

store::DoorRow row_of_line(std::string_view line, std::size_t number) {
  if (const auto fault = api::check_json(line)) refuse_line(number, "is not JSON: " + fault->message);
  if (api::type_of(line) != api::JsonType::object) refuse_line(number, "is no task; write {\"kind\":\"...\",\"payload\":...}");
  store::DoorRow row;
  JsonObject options{};
  for (const api::JsonMember& member : api::members_of(line)) {
    if (member.key == "kind" && api::type_of(member.value) == api::JsonType::string) row.kind = api::string_of(member.value);
    else if (member.key == "payload") row.payload = std::string(member.value);
    else options.add_raw(member.key, member.value);
    if (member.key == "after" && comes_after_an_item(member.value))
      refuse_line(number, "comes after another line, and no daemon answers: what lies in the inbox is taken row by row; start the daemon, or use external ids");
  }
  if (row.kind.empty()) refuse_line(number, "names no kind; write {\"kind\":\"...\",\"payload\":...}");
  row.options = options.text();
  return row;
}

}  // namespace

std::vector<store::DoorRow> rows_of_lines(std::string_view text) {
  std::vector<store::DoorRow> rows;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = api::trimmed_json(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty()) rows.push_back(row_of_line(line, number));
  }
  return rows;
}

}  // namespace reeve::cli::compose

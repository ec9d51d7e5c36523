#include "executors/remote/ticket.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "executors/protocol/fields.hpp"
#include "executors/protocol/sentences.hpp"

namespace reeve::executors::remote {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

std::string text(std::string_view value) { return json::serialize(json::string_view(value)); }

// The object that `line` is, and the type it names; nullopt: the dialogue will say what is wrong with it.
std::optional<json::object> object_of(std::string_view line) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;
  auto value = json::parse(line, error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::string type_of(const json::object& object) {
  const auto* type = object.if_contains("type");
  return type != nullptr && type->is_string() ? std::string(type->get_string()) : std::string{};
}

}  // namespace

Ticket::Ticket(const Execution& execution, Observer& observer, Bell& news, milliseconds lease)
    : observer_(observer), news_(news), lease_(lease), lease_ends_(Bell::after(lease)),
      log_(OutputLimits{}, [&observer](OutputLine line) { observer.output(std::move(line)); }),
      dialogue_({execution.task, execution.epoch}, observer,
                {.log = [this](OutputLine line) { log_.entry(std::move(line)); }, .news = [this] { news_.ring(); }}) {}

void Ticket::hear(std::string_view line, Reply reply) {
  renew(std::nullopt);
  const Reply say = [this, reply = std::move(reply)](std::string answer) { reply(with_stop(std::move(answer))); };
  const auto object = object_of(line);
  const std::string type = object ? type_of(*object) : std::string{};
  if (type != "renew" && type != "release" && type != "status") return dialogue_.hear(line, say);
  Answer answer;
  try {
    if (type == "renew") {
      renew(protocol::Fields(*object, line).duration("lease_ms"));
      answer.members = "{\"lease_ms\":" + std::to_string(lease_.count()) + "}";
      observer_.alive();
    } else if (type == "release") {
      released_ = true;
      news_.ring();
    } else {
      answer = take_status(line);
    }
  } catch (const protocol::Refusal& refusal) {
    dialogue_.fault(refusal.what);
    answer = {.code = "bad_message", .message = refusal.what};
  }
  say(protocol::answer_line({}, answer));
}

void Ticket::renew(std::optional<milliseconds> lease) {
  if (lease) lease_ = std::clamp(*lease, shortest_lease, longest_lease);
  lease_ends_ = Bell::after(lease_);
  news_.ring();
}

// A status of a tracked task is said again as the messages it means.
Answer Ticket::take_status(std::string_view line) {
  const auto object = object_of(line);
  const protocol::Fields fields(*object, line);
  const std::string state = fields.text("state"), stage = fields.text("stage");
  std::vector<std::string> said;
  if (!stage.empty()) {
    std::string meta = "{\"actor\":" + text(fields.text("actor")) + ",\"source\":" + text(fields.text("source")) + "}";
    said.push_back("{\"type\":\"progress\",\"label\":" + text(stage) + "}");
    said.push_back("{\"type\":\"log\",\"kind\":\"status\",\"message\":" + text(stage) + ",\"meta\":" + meta + "}");
  }
  if (state == "succeeded") said.push_back("{\"type\":\"result\",\"value\":" + (fields.raw("value").empty() ? "null" : fields.raw("value")) + "}");
  else if (state == "failed")
    said.push_back("{\"type\":\"error\",\"code\":" + text(fields.text("code")) + ",\"message\":" + text(fields.text("message")) + "}");
  else if (state != "running" && !state.empty()) throw protocol::Refusal{"\"state\" is none of running, succeeded, failed"};
  if (said.empty()) said.emplace_back("{\"type\":\"beat\"}");
  Answer answer;
  for (const std::string& each : said) {
    dialogue_.hear(each, [&answer](const std::string& given) {
      if (given.find("\"error\":") == std::string::npos) return;
      answer = {.code = "too_late", .message = "the attempt has said how it ended already; the first one counts"};
    });
  }
  return answer;
}

// {"ok":true} -> {"ok":true,"stop":"cancel"}
std::string Ticket::with_stop(std::string answer) const {
  if (!stopping_) return answer;
  const auto end = answer.rfind('}');
  return answer.insert(end, ",\"stop\":\"" + std::string(name(*stopping_)) + "\"");
}

}  // namespace reeve::executors::remote

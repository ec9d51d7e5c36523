// The configuration: what is in force, what another would change, and the revisions that were in force before.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "api/config_control.hpp"
#include "api/json/fields.hpp"
#include "api/json/writer.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

constexpr std::size_t comment_max = 1'000;
constexpr int revisions_page = 50;

ConfigControl& control(const Service& service) {
  if (!service.backend.config) throw Problem(409, "no_configuration", "this daemon has no configuration that could be changed");
  return *service.backend.config;
}

// A configuration names the programs that run with the daemon's rights, and its text may hold what not everybody should read.
void require_config_owner(const Request& request) {
  if (request.peer.uid == 0 || request.peer.uid == ::geteuid()) return;
  throw Problem(403, "not_permitted", request.actor() + " may neither read nor change the daemon's configuration; run this as root or as the daemon's user");
}

struct ConfigBody {
  std::optional<std::string> text{};        // "configuration": the files; absent: the daemon's own
  std::string comment{};
  std::optional<std::int64_t> revision{};   // to go back to
  std::optional<std::int64_t> if_revision{};
};

std::int64_t number_in(const Field& field) { return field.as_int(1, std::numeric_limits<int>::max()); }

ConfigBody body_of(const Request& request, std::initializer_list<std::string_view> known) {
  ConfigBody body;
  if (request.body.empty()) return body;
  check_body(request);
  const Fields fields(request.body);
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    if (std::find(known.begin(), known.end(), member.key) == known.end()) fields.refuse_unknown(member, known);
    if (member.key == "configuration") body.text = field.as_raw(JsonType::object);
    if (member.key == "comment") body.comment = field.as_string();
    if (member.key == "revision") body.revision = number_in(field);
    if (member.key == "if_revision") body.if_revision = number_in(field);
  }
  if (body.comment.size() > comment_max) throw not_acceptable("comment", "the comment has " + std::to_string(body.comment.size()) + " bytes; write at most 1000");
  return body;
}

void write_words(JsonWriter& json, std::string_view key, const std::vector<std::string>& words) {
  json.key(key).open_array();
  for (const std::string& word : words) json.value(word);
  json.close_array();
}

Reply refused_reply(const ConfigReview& review) {
  JsonWriter json;
  json.open_object().member("type", "about:blank").member("title", title_of(422)).member("status", 422).member("code", "invalid_configuration");
  json.member("detail", review.errors.front() + "; nothing was changed");
  write_words(json, "errors", review.errors);
  write_words(json, "warnings", review.warnings);
  json.close_object();
  Reply reply = json_reply(std::move(json).text(), 422);
  reply.content_type = "application/problem+json";
  return reply;
}

// How many tasks of a kind are open, by status.
using OpenTasks = std::map<std::string, std::map<store::Status, std::int64_t>>;

OpenTasks open_tasks(const std::vector<store::CountRow>& rows) {
  OpenTasks open;
  for (const store::CountRow& row : rows)
    if (!store::is_terminal(row.status) && row.count > 0) open[row.kind][row.status] += row.count;
  return open;
}

void write_kinds(JsonWriter& json, std::string_view key, const std::vector<std::string>& kinds, const OpenTasks& open) {
  json.key(key).open_array();
  for (const std::string& kind : kinds) {
    const auto of_kind = open.find(kind);
    const auto count = [&](store::Status status) { return of_kind == open.end() || !of_kind->second.contains(status) ? 0 : of_kind->second.at(status); };
    json.open_object().member("kind", kind).member("queued", count(store::Status::queued)).member("waiting", count(store::Status::waiting));
    json.member("running", count(store::Status::claimed) + count(store::Status::running)).close_object();
  }
  json.close_array();
}

void write_changes(JsonWriter& json, const ConfigChanges& changes, const OpenTasks& open) {
  json.key("changes").open_array();
  for (const ConfigChange& change : changes.changes) {
    json.open_object().member("path", change.path).text_member("handler", change.handler);
    json.member("before", change.before).member("after", change.after).member("restart", change.restart).close_object();
  }
  json.close_array().key("handlers").open_object();
  write_kinds(json, "added", changes.added, open);
  write_kinds(json, "removed", changes.removed, open);
  write_kinds(json, "changed", changes.changed, open);
  json.close_object();
}

void write_revision(JsonWriter& json, const store::Revision& revision) {
  json.open_object().member("revision", revision.number).member("at", revision.at).member("source", revision.source).member("actor", revision.actor);
  json.text_member("comment", revision.comment).member("hash", revision.hash).raw_member("configuration", revision.text).close_object();
}

boost::asio::awaitable<OpenTasks> count_open(Service& service) {
  auto read = [](store::Reader& reader) { return reader.counts(); };
  const std::vector<store::CountRow> rows = co_await service.backend.reader.read(std::move(read));
  co_return open_tasks(rows);
}

boost::asio::awaitable<std::vector<store::Revision>> newest_revisions(Service& service, std::optional<std::int64_t> before, int limit) {
  auto read = [before, limit](store::Reader& reader) { return reader.revisions(before, limit); };
  std::vector<store::Revision> rows = co_await service.backend.reader.read(std::move(read));
  co_return rows;
}

boost::asio::awaitable<store::Revision> revision_called(Service& service, std::int64_t number) {
  auto read = [number](store::Reader& reader) { return reader.revision(number); };
  std::optional<store::Revision> found = co_await service.backend.reader.read(std::move(read));
  if (!found) throw Problem(404, "revision_not_found", "there is no revision " + std::to_string(number) + " (any more); see reeve config list", "revision");
  co_return std::move(*found);
}

// On disk first, then in force: what is in force is always to be found again.
boost::asio::awaitable<Reply> put_in_force(Service& service, ConfigReview review, store::Revision revision) {
  if (!review.errors.empty()) co_return refused_reply(review);
  revision.text = review.text;
  revision.hash = review.hash;
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&revision, now](store::Store& store) { return store.revisions().record(revision, now); };
  const store::RevisionRecorded recorded = co_await service.backend.store.run(std::move(work));
  const std::vector<std::string> more = review.enforce();
  review.warnings.insert(review.warnings.end(), more.begin(), more.end());
  const OpenTasks open = co_await count_open(service);
  JsonWriter json;
  json.open_object().member("revision", recorded.number).member("changed", recorded.fresh).member("hash", review.hash);
  json.member("in_file", control(service).hash_of_file() == review.hash).text_member("file", control(service).file());
  write_changes(json, review.against_present, open);
  write_words(json, "warnings", review.warnings);
  json.close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace

Answer get_config(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  ConfigControl& config = control(service);
  const std::vector<store::Revision> newest = co_await newest_revisions(service, std::nullopt, 1);
  const std::string on_disk = config.hash_of_file();
  JsonWriter json;
  json.open_object().text_member("file", config.file()).member("hash", config.hash_in_force());
  json.member("in_file", config.file().empty() || on_disk == config.hash_in_force());
  if (!newest.empty()) write_revision(json.key("newest"), newest.front());
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer plan_config(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  require_config_owner(request);
  const ConfigBody body = body_of(request, {"configuration"});
  const ConfigReview review = control(service).review(body.text);
  if (!review.errors.empty()) co_return refused_reply(review);
  const OpenTasks open = co_await count_open(service);
  JsonWriter json;
  json.open_object().member("hash", review.hash).member("same", review.hash == control(service).hash_in_force());
  write_changes(json, review.against_present, open);
  write_words(json, "warnings", review.warnings);
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer apply_config(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  require_config_owner(request);
  const ConfigBody body = body_of(request, {"configuration", "comment", "if_revision"});
  if (body.if_revision) {
    const std::vector<store::Revision> newest = co_await newest_revisions(service, std::nullopt, 1);
    const std::int64_t number = newest.empty() ? 0 : newest.front().number;
    if (number != *body.if_revision)
      throw Problem(409, "revision_changed", "revision " + std::to_string(number) + " is in force, not " + std::to_string(*body.if_revision) + "; look at reeve plan again", "if_revision");
  }
  store::Revision revision;
  revision.source = "apply";
  revision.actor = request.actor();
  revision.comment = body.comment;
  ConfigReview review = control(service).review(body.text);
  Reply reply = co_await put_in_force(service, std::move(review), std::move(revision));
  co_return reply;
}

Answer roll_back_config(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  require_config_owner(request);
  const ConfigBody body = body_of(request, {"revision", "comment"});
  const std::vector<store::Revision> newest = co_await newest_revisions(service, std::nullopt, 2);
  if (!body.revision && newest.size() < 2) throw Problem(409, "no_earlier_revision", "there is no earlier revision to go back to; see reeve config list");
  const std::int64_t wanted = body.revision ? *body.revision : newest.back().number;
  store::Revision earlier = co_await revision_called(service, wanted);
  store::Revision revision;
  revision.source = "rollback";
  revision.actor = request.actor();
  revision.comment = body.comment.empty() ? "back to revision " + std::to_string(wanted) : body.comment;
  std::optional<std::string> text = std::move(earlier.text);
  ConfigReview review = control(service).review(text);
  Reply reply = co_await put_in_force(service, std::move(review), std::move(revision));
  co_return reply;
}

Answer list_revisions(Service& service, Request request) {
  const Parameters parameters(request.query, {"before", "limit"});
  const auto before = parameters.integer("before", 1, std::numeric_limits<std::int64_t>::max());
  const std::vector<store::Revision> rows = co_await newest_revisions(service, before, parameters.limit(revisions_page));
  JsonWriter json;
  json.open_object().member("hash_in_force", control(service).hash_in_force()).key("revisions").open_array();
  for (const store::Revision& row : rows) write_revision(json, row);
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

namespace {

std::int64_t revision_argument(const Request& request) {
  std::int64_t number = 0;
  const std::string& text = request.arguments.at(0);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1)
    throw Problem(400, "invalid_revision", "\"" + text.substr(0, 40) + "\" is no number of a revision; see reeve config list");
  return number;
}

}  // namespace

Answer get_revision(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  require_config_owner(request);
  const store::Revision revision = co_await revision_called(service, revision_argument(request));
  JsonWriter json;
  write_revision(json, revision);
  co_return json_reply(std::move(json).text());
}

Answer compare_revisions(Service& service, Request request) {
  const Parameters parameters(request.query, {"to"});
  require_config_owner(request);
  const auto to = parameters.integer("to", 1, std::numeric_limits<std::int64_t>::max());
  if (!to) throw Problem(400, "missing_parameter", "to is missing; write ?to= and the number of the other revision");
  const store::Revision before = co_await revision_called(service, revision_argument(request));
  const store::Revision after = co_await revision_called(service, *to);
  const ConfigChanges changes = control(service).changes_between(before.text, after.text);
  const OpenTasks open = co_await count_open(service);
  JsonWriter json;
  json.open_object().member("from", before.number).member("to", after.number);
  write_changes(json, changes, open);
  json.close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes

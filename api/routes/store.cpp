#include <sys/stat.h>
#include <unistd.h>

#include "api/json/fields.hpp"
#include "api/json/writer.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/log.hpp"
#include "supervisor/reader_thread.hpp"

namespace reeve::api::routes {

namespace {

std::string path_of(const Request& request) {
  check_body(request);
  std::string path;
  const Fields fields(request.body);
  for (const JsonMember& member : fields.members()) {
    if (member.key == "path") path = fields.field(member).as_string();
    else fields.refuse_unknown(member, {"path"});
  }
  const bool usable = !path.empty() && path.front() == '/' && path.find('\0') == std::string::npos;
  if (!usable) throw not_acceptable("path", "path is \"" + path.substr(0, 60) + "\"; write an absolute path of a file that does not exist yet");
  return path;
}

// The daemon writes the copy with its own rights, so only those who have them anyway may say where.
void require_owner(const Request& request) {
  if (request.peer.uid == 0 || request.peer.uid == ::geteuid()) return;
  throw Problem(403, "not_permitted", request.actor() + " may not make the daemon write files; run this as root or as the daemon's user");
}

}  // namespace

Answer check_store(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  auto read = [](store::Reader& reader) { return reader.check(); };
  const std::vector<std::string> faults = co_await service.backend.reader.read(std::move(read));
  JsonWriter json;
  json.open_object().member("ok", faults.empty()).key("faults").open_array();
  for (const std::string& fault : faults) json.value(fault);
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

Answer back_up_store(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  require_owner(request);
  const std::string path = path_of(request);
  auto read = [&path](store::Reader& reader) {
    if (::access(path.c_str(), F_OK) == 0) return std::int64_t{-1};
    reader.backup(path);
    struct stat file {};
    return ::stat(path.c_str(), &file) == 0 ? std::int64_t{file.st_size} : std::int64_t{0};
  };
  const std::int64_t bytes = co_await service.backend.reader.read(std::move(read));
  if (bytes < 0) throw Problem(409, "file_exists", path + " exists already; name a file that does not", "path");
  service.backend.log.info("store.backed_up", {{"path", path}, {"bytes", bytes}, {"actor", request.actor()}});
  JsonWriter json;
  json.open_object().member("path", path).member("bytes", bytes).close_object();
  co_return json_reply(std::move(json).text(), 201);
}

}  // namespace reeve::api::routes

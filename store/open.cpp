#include "store/open.hpp"

#include "store/memory/memory_store.hpp"
#include "store/sqlite/inspect.hpp"
#include "store/sqlite/place.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace reeve::store {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

// The path of a sqlite: url.
std::string path_of(const std::string& url) {
  if (url.starts_with(sqlite_scheme)) return url.substr(sqlite_scheme.size());
  throw StoreError(StoreError::Kind::unusable, "store url \"" + url + "\" is not known; write sqlite:/path/to/reeve.db or memory:");
}

}  // namespace

std::unique_ptr<Store> open(const Options& options) {
  if (options.url == "memory:") return std::make_unique<memory::MemoryStore>();
  return std::make_unique<sqlite::SqliteStore>(sqlite::resolve(path_of(options.url), true), options);
}

std::unique_ptr<Reader> open_reader(const Options& options) {
  if (options.url == "memory:") throw StoreError(StoreError::Kind::unusable, "store url \"memory:\": only its own process can read it");
  const std::string path = sqlite::resolve(path_of(options.url), false);
  if (!sqlite::exists(path)) throw StoreError(StoreError::Kind::unusable, path + ": there is no store; start the daemon once to make it");
  {
    sqlite::Connection db(path, sqlite::Access::read, options.busy_timeout);
    const sqlite::Inspection found = sqlite::identify(db);
    if (found.schema < sqlite::newest_schema()) {
      throw StoreError(StoreError::Kind::unusable, path + ": has schema " + std::to_string(found.schema) + ", this reeve reads " +
                                                       std::to_string(sqlite::newest_schema()) + "; start the daemon once to migrate it");
    }
  }
  return std::make_unique<sqlite::SqliteReader>(path, options.durability, options.busy_timeout);
}

}  // namespace reeve::store

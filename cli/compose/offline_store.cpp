#include "cli/compose/offline_store.hpp"

#include <memory>

#include "cli/compose/settings.hpp"
#include "store/open.hpp"

namespace reeve::cli::compose {
namespace {

std::unique_ptr<store::Reader> reader_of(const std::string& url) {
  store::Options options{};
  options.url = url;
  return store::open_reader(options);
}

}  // namespace

std::string store_url(const std::string& store, const Choices& choices, const Surroundings& around) {
  if (store.starts_with("sqlite:") || store.starts_with("memory:")) return store;
  if (!store.empty()) return "sqlite:" + store;
  return load_settings(choices, around).configuration.store.url;
}

std::vector<std::string> faults_in_store(const std::string& url) { return reader_of(url)->check(); }

void back_up_store(const std::string& url, const std::string& path) { reader_of(url)->backup(path); }

StoreNumbers numbers_of_store(const std::string& url) {
  const auto reader = reader_of(url);
  return {reader->facts(), reader->counts()};
}

std::string store_schema() { return store::schema_sql(); }

}  // namespace reeve::cli::compose

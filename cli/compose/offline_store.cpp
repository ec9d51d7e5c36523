#include "cli/compose/offline_store.hpp"

#include <memory>

#include "cli/compose/settings.hpp"
#include "store/open.hpp"

namespace reeve::cli::compose {
namespace {

store::Options options_of(const std::string& url) {
  store::Options options{};
  options.url = url;
  return options;
}

std::unique_ptr<store::Reader> reader_of(const std::string& url) { return store::open_reader(options_of(url)); }

}  // namespace

std::string store_url(const std::string& store, const Choices& choices, const Surroundings& around) {
  if (store.starts_with("sqlite:") || store.starts_with("memory:")) return store;
  if (!store.empty()) return "sqlite:" + store;
  return load_settings(choices, around).configuration.store.url;
}

std::vector<std::string> faults_in_store(const std::string& url) { return reader_of(url)->check(); }

void back_up_store(const std::string& url, const std::string& path) { reader_of(url)->backup(path); }

store::StoreAnatomy anatomy_of_store(const std::string& url) { return reader_of(url)->anatomy(); }

void export_from(const std::string& url, const std::function<void(std::string_view line)>& write, const store::Watch& watch) {
  store::export_store(options_of(url), write, watch);
}

store::Arrival import_into(const std::string& url, store::Into into, const std::function<bool(std::string& line)>& next, store::Timestamp now,
                           const store::Watch& watch) {
  return store::import_store(options_of(url), into, next, now, watch);
}

store::Arrival restore_to(const std::string& url, const std::string& backup, store::Timestamp now) {
  return store::restore_store(options_of(url), backup, now);
}

store::Vacuumed rewrite(const std::string& url) { return store::vacuum_store(options_of(url)); }

std::string store_schema() { return store::schema_sql(); }

}  // namespace reeve::cli::compose

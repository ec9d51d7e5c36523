#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <set>
#include <sstream>

#include "config/document.hpp"
#include "config/schema.hpp"
#include "config/source.hpp"
#include "tests/unit/config/parsed.hpp"

namespace reeve::config {

using namespace test;

namespace {

namespace json = boost::json;

std::string folder() { return REEVE_CONFIG_DIR "/"; }

std::string file_content(const std::string& path) { return std::get<SourceText>(read_source(path, 1 << 22)).bytes; }

std::string reference() { return file_content(folder() + "reeve.yaml"); }

// Every path of keys the schema knows, names of queues and handlers written as *.
void schema_paths(const json::object& schema, const std::string& path, std::set<std::string>& out) {
  if (schema.contains("anyOf"))
    for (const json::value& one : schema.at("anyOf").as_array()) schema_paths(one.as_object(), path, out);
  if (schema.contains("additionalProperties") && schema.at("additionalProperties").is_object())
    schema_paths(schema.at("additionalProperties").as_object(), path + ".*", out);
  if (!schema.contains("properties")) return;
  for (const auto& [key, value] : schema.at("properties").as_object()) {
    const std::string below = path + "." + std::string{key.data(), key.size()};
    out.insert(below);
    schema_paths(value.as_object(), below, out);
  }
}

void document_paths(const Node& node, const std::string& path, std::set<std::string>& out) {
  for (const Entry& entry : node.entries) {
    const bool named = path == ".queues" || path == ".handlers" || path == ".schedules";
    const std::string below = path + "." + (named ? "*" : entry.key);
    out.insert(below);
    document_paths(entry.value, below, out);
  }
}

}  // namespace

TEST_CASE("the reference file is valid", "[config][reference]") {
  const Loaded loaded = load(folder() + "reeve.yaml", no_variables);
  CHECK(text_of(loaded.errors) == "");
  CHECK(loaded.configuration.handlers.size() == 8);
  CHECK(loaded.configuration.files == std::vector<std::string>{folder() + "reeve.yaml"});
}

TEST_CASE("every key that the reader knows is in the reference file", "[config][reference]") {
  std::set<std::string> known, shown;
  schema_paths(json::parse(schema_json()).as_object(), "", known);
  std::vector<Finding> findings;
  document_paths(*read_document(reference(), "reeve.yaml", findings), "", shown);
  CHECK(known.size() > 80);
  for (const std::string& path : known) {
    INFO(path);
    CHECK(shown.contains(path));
  }
}

TEST_CASE("the reference file shows the defaults", "[config][reference]") {
  const Configuration shown = read(reference()).configuration;
  const Configuration fresh = defaults();
  CHECK(shown.store.durability == fresh.store.durability);
  CHECK(shown.store.busy_timeout == fresh.store.busy_timeout);
  CHECK(shown.store.busy_retries == fresh.store.busy_retries);
  CHECK(shown.store.busy_retry_delay == fresh.store.busy_retry_delay);
  CHECK(shown.store.wal_limit_bytes == fresh.store.wal_limit_bytes);
  CHECK(shown.retention == fresh.retention);
  CHECK(shown.supervisor.concurrency == fresh.supervisor.concurrency);
  CHECK(shown.supervisor.threads == fresh.supervisor.threads);
  CHECK(shown.supervisor.lease == fresh.supervisor.lease);
  CHECK(shown.supervisor.drain_timeout == fresh.supervisor.drain_timeout);
  CHECK(shown.supervisor.retention_interval == fresh.supervisor.retention_interval);
  CHECK(shown.supervisor.ad_hoc_commands == fresh.supervisor.ad_hoc_commands);
  CHECK(shown.api.socket_mode == fresh.api.socket_mode);
  CHECK(shown.api.connections_max == fresh.api.connections_max);
  CHECK(shown.api.body_bytes_max == fresh.api.body_bytes_max);
  CHECK(shown.api.bulk_max == fresh.api.bulk_max);
  CHECK(shown.api.streams_max == fresh.api.streams_max);
  CHECK(shown.log.format == fresh.log.format);
  CHECK(shown.log.level == fresh.log.level);
  CHECK(shown.log.task_output == fresh.log.task_output);
  CHECK(shown.log.redact == fresh.log.redact);
  handlers::Handler handler = shown.handlers.at(0);
  const handlers::Handler plain;
  const executors::ProcessSpec spec;
  handler.retry.reject_on.clear();
  CHECK(handler.retry == plain.retry);
  CHECK(handler.queue == plain.queue);
  CHECK(handler.priority == plain.priority);
  CHECK(handler.on_stale == plain.on_stale);
  CHECK(handler.stop_grace == plain.stop_grace);
  CHECK(handler.payload_bytes_max == plain.payload_bytes_max);
  CHECK(handler.process->stop_signal == spec.stop_signal);
  CHECK(handler.process->cwd == spec.cwd);
  CHECK(handler.process->payload == spec.payload);
  CHECK(handler.process->result == spec.result);
  CHECK(handler.process->result_bytes_max == spec.result_bytes_max);
  CHECK(handler.process->output.head_bytes == spec.output.head_bytes);
  CHECK(handler.process->output.tail_bytes == spec.output.tail_bytes);
  CHECK(handler.process->output.line_bytes == spec.output.line_bytes);
  const executors::WorkerSpec warm;
  const auto resize = std::find_if(shown.handlers.begin(), shown.handlers.end(), [](const handlers::Handler& one) { return one.kind == "image.resize"; });
  REQUIRE(resize != shown.handlers.end());
  REQUIRE(resize->worker);
  const executors::WorkerSpec& worker = *resize->worker;
  CHECK(worker.min == warm.min);
  CHECK(worker.idle == warm.idle);
  CHECK(worker.parallel == warm.parallel);
  CHECK(worker.start_timeout == warm.start_timeout);
}

TEST_CASE("the schema that is shipped is the one the reader makes", "[config][reference]") {
  CHECK(file_content(folder() + "reeve.schema.json") == schema_json());
}

TEST_CASE("every key of the schema has a description", "[config][reference]") {
  std::function<void(const json::value&)> walk = [&](const json::value& value) {
    if (value.is_array())
      for (const json::value& item : value.as_array()) walk(item);
    if (!value.is_object()) return;
    const json::object& object = value.as_object();
    if (object.contains("properties"))
      for (const auto& [key, entry] : object.at("properties").as_object()) {
        INFO(std::string(key.data(), key.size()));
        CHECK(entry.as_object().contains("description"));
      }
    for (const auto& [key, entry] : object) walk(entry);
  };
  walk(json::parse(schema_json()));
}

TEST_CASE("a damaged file gives errors or a configuration, never a crash or a hang", "[config][fuzz]") {
  const std::string original = reference();
  const std::string spice = "{}[]:,#&*!|>'\"%@`?-~ \t\n\r\\$0\x01\xff\xC3\xE2";
  std::mt19937 dice{20261120};
  const auto upto = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(dice); };
  int broken = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = original;
    for (std::size_t edits = 1 + upto(4); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = upto(text.size());
      const std::size_t length = std::min<std::size_t>(1 + upto(40), text.size() - at);
      switch (upto(6)) {
        case 0: text[at] = spice[upto(spice.size())]; break;
        case 1: text.insert(at, 1, spice[upto(spice.size())]); break;
        case 2: text.erase(at, length); break;
        case 3: text.insert(upto(text.size()), text.substr(at, length)); break;
        case 4: text.resize(at); break;
        default: text[at] = static_cast<char>(upto(256)); break;
      }
    }
    const Loaded loaded = read(text);
    broken += loaded.errors.empty() ? 0 : 1;
    for (const Finding& finding : loaded.errors) {
      if (finding.message.empty() || finding.line < 0 || to_text(finding).find('\n') != std::string::npos) FAIL("round " << round << ": " << to_text(finding));
    }
    if (loaded.errors.empty())
      for (const handlers::Handler& handler : loaded.configuration.handlers)
        REQUIRE((handler.process || handler.builtin || handler.worker || handler.thread || handler.remote));
  }
  CHECK(broken > 500);
  CHECK(broken < 3000);
}

}  // namespace reeve::config

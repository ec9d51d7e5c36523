#include <utility>

#include "cli/compose/daemon_life.hpp"
#include "config/plan.hpp"

namespace reeve::cli::compose {

namespace {

api::ConfigChanges changes_in(const config::Plan& plan) {
  api::ConfigChanges changes;
  for (const config::Change& change : plan.changes) changes.changes.push_back({change.path, change.handler, change.before, change.after, change.restart});
  changes.added = plan.added;
  changes.removed = plan.removed;
  changes.changed = plan.changed;
  return changes;
}

}  // namespace

api::ReloadAnswer Daemon::Life::reload(const std::string& actor) {
  if (manager_) manager_->reloading();
  api::ReloadAnswer answer{};
  try {
    answer = put_in_force(load_settings(choices_, around_));
  } catch (const BadConfiguration& bad) {
    answer.errors = bad.errors();
  } catch (const std::exception& error) {
    answer.errors = {error.what()};
  }
  for (const std::string& error : answer.errors) log_->error("config.refused", {{"message", error}});
  for (const std::string& warning : answer.warnings) log_->warn("config.warning", {{"message", warning}});
  if (answer.errors.empty()) {
    log_->info("config.applied", {{"config", settings_.file}});
    record_revision("reload", actor);
  }
  if (manager_) manager_->ready(answer.errors.empty() ? "serving on " + socket() : "serving; the new configuration has errors, the old one holds");
  return answer;
}

api::ReloadAnswer Daemon::Life::put_in_force(Settings fresh) {
  api::ReloadAnswer answer{.errors = {}, .warnings = fresh.warnings};
  stay_within_descriptors(fresh.configuration);
  const config::Configuration& now = fresh.configuration;
  // Against the start, so that it is said again for as long as the restart is owed.
  for (const config::Change& change : config::plan_between(begun_with_, fresh.sources).changes)
    if (change.restart) answer.warnings.push_back(change.path + " has changed; that takes a restart of the daemon");
  supervisor_->reload(now.supervisor, handlers_of(now), now.log.task_output, now.retention);
  // What needs a restart is still what it was.
  fresh.configuration.store = configuration().store;
  fresh.configuration.api = configuration().api;
  fresh.configuration.outboxes = configuration().outboxes;
  settings_ = std::move(fresh);
  return answer;
}

// What came into force by itself. That it cannot be written down does not undo it: the file is the truth.
void Daemon::Life::record_revision(const std::string& source, const std::string& actor) {
  store::Revision revision;
  revision.source = source;
  revision.actor = actor;
  revision.hash = digest_of(settings_.sources);
  revision.text = config::to_json(settings_.sources);
  store_->send([revision = std::move(revision), now = clock_.now()](store::Store& store) { return store.revisions().record(revision, now); },
               [this](const std::exception_ptr& failed, store::RevisionRecorded*) {
                 if (failed) log_->warn("config.not_recorded", {{"error", text_of(failed)}});
               });
}

Settings Daemon::Life::settings_of(const std::optional<std::string>& text) const {
  if (!text) return load_settings(choices_, around_);
  if (text->size() > config::bundle_bytes_max) throw BadConfiguration({"the configuration is larger than the " + std::to_string(config::bundle_bytes_max) + " bytes that are kept; make it smaller"});
  const std::optional<config::Bundle> bundle = config::bundle_in(*text);
  if (!bundle) throw BadConfiguration({"what was handed over is no configuration; write {\"files\":[{\"role\":\"main\",\"name\":\"/etc/reeve/reeve.yaml\",\"text\":\"...\"}]}"});
  return settings_from(*bundle, choices_, around_);
}

api::ConfigReview Daemon::Life::review(const std::optional<std::string>& text) {
  api::ConfigReview review;
  try {
    auto fresh = std::make_shared<Settings>(settings_of(text));   // shared: what enforces it must be copyable
    review.warnings = fresh->warnings;
    review.against_present = changes_in(config::plan_between(settings_.sources, fresh->sources));
    review.text = config::to_json(fresh->sources);
    review.hash = digest_of(fresh->sources);
    review.enforce = [this, fresh] {
      fresh->warnings.clear();
      const api::ReloadAnswer answer = put_in_force(std::move(*fresh));
      log_->info("config.applied", {{"hash", digest_of(settings_.sources)}});
      return answer.warnings;
    };
  } catch (const BadConfiguration& bad) {
    review.errors = bad.errors();
  } catch (const std::exception& error) {
    review.errors = {error.what()};
  }
  return review;
}

api::ConfigChanges Daemon::Life::changes_between(const std::string& before, const std::string& after) {
  return changes_in(config::plan_between(config::bundle_in(before).value_or(config::Bundle{}), config::bundle_in(after).value_or(config::Bundle{})));
}

std::string Daemon::Life::hash_of_file() {
  if (settings_.file.empty()) return {};
  const config::Loaded loaded = config::load(settings_.file, around_.environment);
  return loaded.sources.empty() ? std::string{} : digest_of(loaded.sources);
}

}  // namespace reeve::cli::compose

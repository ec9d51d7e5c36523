#include "cli/verbs/store_verb.hpp"

#include <functional>

#include "cli/compose/offline_store.hpp"
#include "cli/compose/store_exit.hpp"
#include "cli/text_safety.hpp"

namespace reeve::cli {
namespace {

// What cannot be done with the store is a sentence and an exit code.
int said(Session& session, const std::function<int()>& work) {
  try {
    return work();
  } catch (const store::StoreError& error) {
    session.say("reeve: " + safe_line(error.what()));
    return compose::exit_code_of(error.kind());
  }
}

}  // namespace

void StoreVerb::declare(Grammar& grammar) { grammar.option("--store", store_, "FILE", "this file, without asking a daemon"); }

std::string StoreVerb::url(const Session& session) const {
  return compose::store_url(store_.value_or(""), {session.options().config, {}}, compose::surroundings(session.environment()));
}

int StoreVerb::run(Session& session) {
  return said(session, [&] {
    if (names_file()) return offline(session, url(session));
    try {
      return online(session);
    } catch (const api::Unreachable&) {
      const std::string file = url(session);
      session.say("no daemon answers; reading " + file);
      return offline(session, file);
    }
  });
}

int FileVerb::run(Session& session) {
  return said(session, [&] { return work(session, url(session)); });
}

}  // namespace reeve::cli

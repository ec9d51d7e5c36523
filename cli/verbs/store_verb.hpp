// A verb about the store's file: it asks the daemon, unless a file is named or nobody answers; then it opens the file by itself.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/session.hpp"
#include "cli/verb.hpp"

namespace reeve::cli {

constexpr std::chrono::minutes long_enough{30};  // for a large store to be read or copied

class StoreVerb : public Verb {
 public:
  void declare(Grammar& grammar) override;
  int run(Session& session) override;

 protected:
  virtual int online(Session& session) = 0;
  virtual int offline(Session& session, const std::string& url) = 0;
  // The file that is named, or that of the configuration.
  [[nodiscard]] std::string url(const Session& session) const;
  [[nodiscard]] bool names_file() const { return store_.has_value(); }

 private:
  std::optional<std::string> store_{};
};

// A verb that works on the file alone. Nobody else may have it, unless the verb only reads.
class FileVerb : public StoreVerb {
 public:
  int run(Session& session) override;

 protected:
  virtual int work(Session& session, const std::string& url) = 0;

 private:
  int online(Session&) override { return 0; }
  int offline(Session&, const std::string&) override { return 0; }
};

}  // namespace reeve::cli

// The verbs that take a store out of its file, or put one there.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <utility>

#include "cli/compose/offline_store.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_object.hpp"
#include "cli/selector.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/store_verb.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

constexpr std::string_view standard = "-";

// On a terminal, how far it is.
store::Watch counter(const Session& session) {
  if (!session.terminal().err) return {};
  return [&session](std::int64_t done, std::int64_t all) {
    session.err() << "\r" << done << " of " << all << " rows\x1b[K" << std::flush;
  };
}

void end_counter(const Session& session) {
  if (session.terminal().err) session.err() << "\r\x1b[K" << std::flush;
}

// A new file that only its owner may read; gone again when it was not completed.
class Output {
 public:
  explicit Output(std::string path) : path_(std::move(path)), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (file_ < 0) throw UsageError(path_ + ": cannot be created: " + std::strerror(errno));
  }
  ~Output() {
    if (file_ < 0) return;
    ::close(file_);
    ::unlink(path_.c_str());
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view line) {
    (text_ += line) += '\n';
    if (text_.size() >= 1 << 20) flush();
  }
  void complete() {
    flush();
    if (::fsync(file_) != 0) failed();
    ::close(std::exchange(file_, -1));
  }

 private:
  void flush() {
    for (std::string_view rest = text_; !rest.empty();) {
      const ssize_t written = ::write(file_, rest.data(), rest.size());
      if (written < 0 && errno != EINTR) failed();
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    text_.clear();
  }
  [[noreturn]] void failed() const { throw store::StoreError(store::StoreError::Kind::io, path_ + ": cannot be written: " + std::strerror(errno)); }
  std::string path_;
  int file_;
  std::string text_{};
};

class StoreExport final : public FileVerb {
 public:
  About about() const override {
    return {"store export", "write everything as lines of JSON, of one moment, while the daemon works or without it",
            "  reeve store export /backup/reeve.ndjson\n"
            "  reeve store export | zstd > reeve.ndjson.zst\n"};
  }
  void declare(Grammar& grammar) override {
    grammar.optional("FILE", file_, "must not exist yet; - or nothing: stdout");
    StoreVerb::declare(grammar);
  }

 protected:
  int work(Session& session, const std::string& url) override {
    std::int64_t lines = 0;
    if (file_.value_or(std::string(standard)) == standard) {
      compose::export_from(url, [&](std::string_view line) { session.out() << line << '\n'; }, session.terminal().out ? store::Watch{} : counter(session));
      end_counter(session);
      return ExitCode::ok;
    }
    Output output(*file_);
    compose::export_from(
        url,
        [&](std::string_view line) {
          output.write(line);
          ++lines;
        },
        counter(session));
    output.complete();
    end_counter(session);
    if (session.json()) session.print(JsonObject{}.add("path", *file_).add("rows", lines - 1).text());
    else session.say("wrote " + *file_ + ", " + std::to_string(lines - 1) + " rows");
    return ExitCode::ok;
  }

 private:
  std::optional<std::string> file_{};
};

int tell_arrival(const Session& session, const store::Arrival& arrival, const std::string& did) {
  if (session.json()) {
    JsonObject json{};
    json.add("tasks", arrival.tasks).add("requeued", arrival.requeued).add("cancelled", arrival.cancelled);
    if (!arrival.kept_aside.empty()) json.add("kept_aside", arrival.kept_aside);
    session.print(json.text());
    return ExitCode::ok;
  }
  std::string text = did + " " + std::to_string(arrival.tasks) + (arrival.tasks == 1 ? " task" : " tasks");
  if (arrival.requeued > 0) text += ", " + std::to_string(arrival.requeued) + " that ran are queued again";
  if (arrival.cancelled > 0) text += ", " + std::to_string(arrival.cancelled) + " that were being cancelled are";
  session.say(text + (arrival.kept_aside.empty() ? "" : "; the file that was there is " + arrival.kept_aside));
  return ExitCode::ok;
}

class StoreImport final : public FileVerb {
 public:
  About about() const override {
    return {"store import", "take in what store export wrote, all of it or nothing; no daemon may work on the store",
            "  reeve store import /backup/reeve.ndjson\n"
            "  zstdcat reeve.ndjson.zst | reeve store import -\n"};
  }
  void declare(Grammar& grammar) override {
    grammar.required("FILE", file_, "what store export wrote; -: stdin");
    grammar.flag("--merge", merge_, "into a store that has tasks; ids that are there already are refused");
    StoreVerb::declare(grammar);
  }

 protected:
  int work(Session& session, const std::string& url) override {
    std::ifstream file;
    if (file_ != standard) {
      file.open(file_, std::ios::binary);
      if (!file) {
        session.say("reeve: " + safe_line(file_) + ": cannot be read: " + std::strerror(errno));
        return ExitCode::not_found;
      }
    }
    std::istream& in = file_ == standard ? session.in() : file;
    const auto next = [&in](std::string& line) { return static_cast<bool>(std::getline(in, line)); };
    const store::Arrival arrival = compose::import_into(url, merge_ ? store::Into::any_store : store::Into::empty_store, next, session.now(), counter(session));
    end_counter(session);
    return tell_arrival(session, arrival, "imported");
  }

 private:
  std::string file_{};
  bool merge_ = false;
};

class StoreRestore final : public FileVerb {
 public:
  About about() const override {
    return {"store restore", "put a backup in the place of the store; no daemon may work on it, the old file is kept",
            "  systemctl stop reeve && reeve store restore /backup/reeve-2026-11-20.db && systemctl start reeve\n"};
  }
  void declare(Grammar& grammar) override {
    grammar.required("BACKUP", file_, "what store backup wrote");
    StoreVerb::declare(grammar);
  }

 protected:
  int work(Session& session, const std::string& url) override {
    return tell_arrival(session, compose::restore_to(url, file_, session.now()), "restored");
  }

 private:
  std::string file_{};
};

class StoreVacuum final : public StoreVerb {
 public:
  About about() const override {
    return {"store vacuum", "give unused space back: by and by beside a daemon, by rewriting the file without one", "  reeve store vacuum\n"};
  }

 protected:
  int online(Session& session) override {
    const Answer answer = session.daemon().post("/v1/store/vacuum", "{}", {}, long_enough);
    const Object done = answer.object();
    const std::int64_t left = integer_in(done, "free_bytes").value_or(0);
    if (session.json()) session.print(answer.body);
    else session.say(std::to_string(integer_in(done, "given_back_bytes").value_or(0)) + " bytes given back" +
                     (left == 0 ? "" : ", " + std::to_string(left) + " are left") +
                     (is_set_in(done, "by_rewriting_only") && left > 0 ? "; stop the daemon and say it again to rewrite the file" : ""));
    return ExitCode::ok;
  }
  int offline(Session& session, const std::string& url) override {
    const store::Vacuumed done = compose::rewrite(url);
    if (session.json()) session.print(JsonObject{}.add("bytes_before", done.bytes_before).add("bytes_after", done.bytes_after).text());
    else session.say("rewritten: " + std::to_string(done.bytes_before) + " bytes before, " + std::to_string(done.bytes_after) + " now");
    return ExitCode::ok;
  }
};

}  // namespace

std::unique_ptr<Verb> make_store_export() { return std::make_unique<StoreExport>(); }
std::unique_ptr<Verb> make_store_import() { return std::make_unique<StoreImport>(); }
std::unique_ptr<Verb> make_store_restore() { return std::make_unique<StoreRestore>(); }
std::unique_ptr<Verb> make_store_vacuum() { return std::make_unique<StoreVacuum>(); }

}  // namespace reeve::cli

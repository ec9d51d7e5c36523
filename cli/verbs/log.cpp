#include "cli/attempt_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/selector.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Log final : public Verb {
 public:
  About about() const override {
    return {"log", "in a handler: an entry of its task's log",
            "  reeve log \"three pages are missing\"\n"
            "  reeve log --level warn --meta '{\"free_mb\":12}' \"low disk\"\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.rest("MESSAGE", words_, "what to log");
    grammar.option("--level", level_, "LEVEL", "debug, info, warn or error (info)");
    grammar.option("--meta", meta_, "JSON", "kept with the entry");
  }

  int run(Session& session) override {
    AttemptLine line(session);
    if (words_.empty()) throw UsageError("log what? Write the message: reeve log \"three pages are missing\"");
    const std::string level = level_.value_or("info");
    if (level != "debug" && level != "info" && level != "warn" && level != "error")
      throw UsageError("--level: \"" + level + "\" is no level; write debug, info, warn or error");
    std::string text{};
    for (const std::string& word : words_) text += (text.empty() ? "" : " ") + word;
    JsonObject message = message_of("log");
    message.add("level", level).add("message", text);
    if (meta_) {
      if (const std::string fault = fault_in_json(*meta_); !fault.empty()) throw UsageError("--meta is not JSON: " + fault);
      message.add_raw("meta", *meta_);
    }
    line.tell(message);
    return ExitCode::ok;
  }

 private:
  std::vector<std::string> words_{};
  std::optional<std::string> level_{};
  std::optional<std::string> meta_{};
};

}  // namespace

std::unique_ptr<Verb> make_log() { return std::make_unique<Log>(); }

}  // namespace reeve::cli

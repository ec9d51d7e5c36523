#include <charconv>

#include "cli/attempt_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/selector.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

// A number as JSON has it: what was typed, once it is known to be one.
std::string number(std::string_view name, const std::string& word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || error != std::errc{} || end != word.data() + word.size() || !fault_in_json(word).empty())
    throw UsageError(std::string(name) + ": \"" + word + "\" is no number; write 40 or 12.5");
  return word;
}

class Progress final : public Verb {
 public:
  About about() const override {
    return {"progress", "in a handler: say how far its task is",
            "  reeve progress 40 encoding\n"
            "  reeve progress --current 3 --total 12 \"page 3\"\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.rest("PERCENT|LABEL", words_, "the percentage, then a label; with --current the label alone");
    grammar.option("--current", current_, "N", "how much is done");
    grammar.option("--total", total_, "N", "of how much");
  }

  int run(Session& session) override {
    AttemptLine line(session);
    if (words_.empty() && !current_) throw UsageError("how far? Write reeve progress 40, or reeve progress --current 3 --total 12");
    JsonObject message = message_of("progress");
    std::size_t label = 0;
    if (!current_) message.add_raw("percent", number("progress", words_[label++]));
    else message.add_raw("current", number("--current", *current_));
    if (total_) message.add_raw("total", number("--total", *total_));
    std::string text{};
    for (; label < words_.size(); ++label) text += (text.empty() ? "" : " ") + words_[label];
    if (!text.empty()) message.add("label", text);
    line.tell(message);
    return ExitCode::ok;
  }

 private:
  std::vector<std::string> words_{};
  std::optional<std::string> current_{};
  std::optional<std::string> total_{};
};

}  // namespace

std::unique_ptr<Verb> make_progress() { return std::make_unique<Progress>(); }

}  // namespace reeve::cli

#include "cli/parser.hpp"

#include <catch2/catch.hpp>

#include "cli/completion_script.hpp"
#include "cli/verbs/verbs.hpp"

using namespace reeve::cli;
using Catch::Matchers::Contains;

namespace {

// A verb that only keeps what it was given.
class Recorder final : public Verb {
 public:
  About about() const override { return {"record", "keeps", "  reeve record\n"}; }
  void declare(Grammar& grammar) override {
    grammar.optional("TEXT", text, "");
    grammar.option("--label", labels, "KEY=VALUE", "");
    grammar.after_dashes("the rest", rest);
  }
  int run(Session&) override { return 0; }

  std::optional<std::string> text{};
  std::vector<std::string> labels{};
  std::vector<std::string> rest{};
};

std::string refusal(std::vector<std::string> arguments) {
  const Verbs verbs = all_verbs();
  GlobalOptions globals{};
  const Parsed parsed = parse(std::move(arguments), verbs, globals);
  return std::get<RefuseUsage>(parsed).message;
}

std::string verb_of(std::vector<std::string> arguments) {
  const Verbs verbs = all_verbs();
  GlobalOptions globals{};
  return std::get<RunVerb>(parse(std::move(arguments), verbs, globals)).verb->about().name;
}

}  // namespace

TEST_CASE("reeve alone is reeve status", "[parser]") {
  REQUIRE(verb_of({}) == "status");
  REQUIRE(verb_of({"--json"}) == "status");
  REQUIRE(verb_of({"store", "check"}) == "store check");
}

TEST_CASE("texts that look like lists or objects stay what they are", "[parser]") {
  Verbs verbs{};
  auto made = std::make_unique<Recorder>();
  Recorder& recorder = *made;
  verbs.push_back(std::move(made));
  GlobalOptions globals{};
  const Parsed parsed = parse({"record", "[1,2]", "--label", "a=[x,y]", "--label", "b={}", "--json", "--", "echo", "[a,b]", "--json", "--"}, verbs, globals);
  REQUIRE(std::holds_alternative<RunVerb>(parsed));
  REQUIRE(recorder.text == "[1,2]");
  REQUIRE(recorder.labels == std::vector<std::string>{"a=[x,y]", "b={}"});
  REQUIRE(recorder.rest == std::vector<std::string>{"echo", "[a,b]", "--json", "--"});
  REQUIRE(globals.json);
}

TEST_CASE("a misspelt verb is refused with the one that was meant", "[parser]") {
  REQUIRE_THAT(refusal({"cancle", "17"}), Contains("did you mean `reeve cancel`"));
  REQUIRE_THAT(refusal({"--socket", "x", "frobnicate"}), Contains("is no verb"));
  REQUIRE_THAT(refusal({"list", "--frob"}), Contains("reeve list --help"));
  REQUIRE_THAT(refusal({"list", "--", "x"}), Contains("means nothing here"));
}

TEST_CASE("help shows the examples of a verb before its options", "[parser]") {
  const Verbs verbs = all_verbs();
  for (const auto& verb : verbs) {
    GlobalOptions globals{};
    std::vector<std::string> words{};
    const std::string name = verb->about().name;
    for (std::size_t at = 0; at != std::string::npos;) {
      const std::size_t space = name.find(' ', at);
      words.push_back(name.substr(at, space - at));
      at = space == std::string::npos ? space : space + 1;
    }
    words.push_back("--help");
    const std::string text = std::get<ShowHelp>(parse(words, verbs, globals)).text;
    REQUIRE_THAT(text, Contains("Usage: reeve " + name));
    if (!verb->about().examples.empty()) REQUIRE(text.find(verb->about().examples) < text.find("Usage:"));
  }
}

TEST_CASE("the completion script knows every verb", "[completion]") {
  const Verbs verbs = all_verbs();
  const std::string script = bash_completion(verbs);
  for (const auto& verb : verbs) REQUIRE_THAT(script, Contains("\"" + verb->about().name + "\")"));
}

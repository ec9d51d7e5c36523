#include "cli/completion_script.hpp"

#include <map>
#include <set>

namespace reeve::cli {
namespace {

constexpr const char* global_options = "--socket --config --color --json --raw --yes --help";

// Hears what a verb declares and keeps the names of its options.
class OptionNames final : public Grammar {
 public:
  void flag(const std::string& names, bool&, const std::string&) override { add(names); }
  void option(const std::string& names, std::optional<std::string>&, const std::string&, const std::string&) override { add(names); }
  void option(const std::string& names, std::optional<int>&, const std::string&, const std::string&) override { add(names); }
  void option(const std::string& names, std::vector<std::string>&, const std::string&, const std::string&) override { add(names); }
  void required(const std::string&, std::string&, const std::string&) override {}
  void optional(const std::string&, std::optional<std::string>&, const std::string&) override {}
  void rest(const std::string&, std::vector<std::string>&, const std::string&) override {}
  void after_dashes(const std::string&, std::vector<std::string>&) override {}

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void add(const std::string& names) { text_ += " " + names.substr(names.find("--")); }
  std::string text_{};
};

}  // namespace

std::string bash_completion(const Verbs& verbs) {
  std::string words{}, cases{};
  std::map<std::string, std::string> nouns{};  // "store" -> "check backup ..."
  for (const auto& verb : verbs) {
    const std::string name = verb->about().name;
    OptionNames options{};
    verb->declare(options);
    cases += "    \"" + name + "\") words=\"" + global_options + options.text() + "\" ;;\n";
    const std::size_t space = name.find(' ');
    if (space == std::string::npos) words += " " + name;
    else nouns[name.substr(0, space)] += " " + name.substr(space + 1);
  }
  for (const auto& [noun, under] : nouns) {
    words += " " + noun;
    cases += "    \"" + noun + "\") words=\"" + under.substr(1) + "\" ;;\n";
  }
  return "# bash completion of reeve; made by `reeve completion bash`\n"
         "_reeve() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" verb=\"\" word words=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    word=\"${COMP_WORDS[i]}\"\n"
         "    case \"$word\" in\n"
         "      --) return ;;\n"
         "      --socket|--config|-c|--color|--colour) i=$((i + 1)) ;;\n"
         "      -*) ;;\n"
         "      *) if [[ -z $verb ]]; then verb=\"$word\"; elif [[ $verb == store ]]; then verb=\"store $word\"; fi ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$verb\" in\n"
         "    \"\") words=\"" +
         words.substr(1) + " " + global_options + "\" ;;\n" + cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  if [[ ${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- \"$current\")); fi\n"
         "}\n"
         "complete -F _reeve reeve\n";
}

}  // namespace reeve::cli

#define BOOST_REGEX_MAX_STATE_COUNT 1000000   // also of moves that look at no character

#include "handlers/schema/pattern.hpp"

#include <boost/regex.hpp>
#include <iterator>
#include <stdexcept>
#include <unordered_map>

#include "handlers/schema/effort.hpp"

namespace reeve::handlers {

namespace {

constexpr std::size_t kept_max = 1'024;

// A place in the text that counts how often somebody looks at it.
class Watched {
 public:
  using iterator_category = std::bidirectional_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Watched() = default;
  explicit Watched(const char* at) : at_(at) {}
  reference operator*() const {
    Effort::pattern(1);
    return *at_;
  }
  pointer operator->() const { return at_; }
  Watched& operator++() { return ++at_, *this; }
  Watched operator++(int) { return Watched{at_++}; }
  Watched& operator--() { return --at_, *this; }
  Watched operator--(int) { return Watched{at_--}; }
  bool operator==(const Watched& other) const { return at_ == other.at_; }
  bool operator!=(const Watched& other) const { return at_ != other.at_; }

 private:
  const char* at_ = nullptr;
};

}  // namespace

class Pattern::Compiled {
 public:
  // JavaScript's ^ and $ are the ends of the text, and its dot stops at a line's end.
  explicit Compiled(const std::string& text) : regex_(text, boost::regex::perl | boost::regex::no_mod_m | boost::regex::no_mod_s) {}

  template <class Matching>
  bool run(std::string_view text, Matching matching) const {
    const Watched begin{text.data()};
    const Watched end{text.data() + text.size()};
    try {
      Effort::pattern(1 + static_cast<std::int64_t>(text.size()) / 16);
      return matching(begin, end, regex_);
    } catch (const EffortSpent&) {
      throw;
    } catch (const std::runtime_error&) {  // the library's own limit
      Effort::pattern(pattern_effort_max);
      throw EffortSpent("a pattern of the schema takes too much work on this value; make the text shorter, or the pattern simpler");
    }
  }

 private:
  boost::regex regex_;
};

Pattern::Pattern(const std::string& text) {
  thread_local std::unordered_map<std::string, std::shared_ptr<const Compiled>> kept;
  const auto found = kept.find(text);
  if (found != kept.end()) {
    compiled_ = found->second;
    return;
  }
  compiled_ = std::make_shared<const Compiled>(text);
  if (kept.size() == kept_max) kept.clear();
  kept.emplace(text, compiled_);
}

bool Pattern::search(std::string_view text) const {
  return compiled_->run(text, [](Watched begin, Watched end, const boost::regex& regex) {
    boost::match_results<Watched> found;
    return boost::regex_search(begin, end, found, regex);
  });
}

bool Pattern::match(std::string_view text, std::vector<std::string>& groups) const {
  boost::match_results<Watched> found;
  const bool all = compiled_->run(text, [&found](Watched begin, Watched end, const boost::regex& regex) { return boost::regex_match(begin, end, found, regex); });
  groups.clear();
  for (std::size_t i = 0; all && i < found.size(); ++i) groups.push_back(found[static_cast<int>(i)].str());
  return all;
}

}  // namespace reeve::handlers

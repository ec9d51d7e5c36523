// Counts the words of a text file.
//   stdin   {"text": "/a/file.txt", "top": 5, "target": "/where/words.tsv"}      target and top are optional
//   result  {"words": 123, "different": 61, "most": [{"word": "the", "count": 9}, ...]}
//
// Talks to reeve by lines of JSON on descriptor 3. Safe to run again: the list is written beside its place and renamed into it.
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

namespace {

namespace json = boost::json;

using Counts = std::map<std::string, long>;
using Ranking = std::vector<std::pair<std::string, long>>;

struct Task {
  std::string text{};
  std::string target{};
  std::size_t top = 5;
};

// The task itself is wrong: another try cannot help.
struct Reject : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One line on descriptor 3. Without a supervisor nobody listens, and that is fine.
void tell(json::object message) {
  static const char* const descriptor = std::getenv("REEVE_FD");
  if (!descriptor) return;
  const std::string line = json::serialize(message) + "\n";
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = ::write(std::atoi(descriptor), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

Task read_task() {
  const std::string bytes(std::istreambuf_iterator<char>(std::cin), {});
  try {
    const json::value payload = json::parse(bytes);
    const json::object& members = payload.as_object();
    Task task{};
    task.text = json::value_to<std::string>(members.at("text"));
    if (const auto* target = members.if_contains("target")) task.target = json::value_to<std::string>(*target);
    if (const auto* top = members.if_contains("top")) task.top = json::value_to<std::size_t>(*top);
    return task;
  } catch (const std::exception& error) {
    throw Reject("the payload is not {\"text\": \"/a/file\"}: " + std::string(error.what()));
  }
}

void count_line(std::string_view line, Counts& counts) {
  std::string word;
  for (const char raw : line) {
    const auto letter = static_cast<unsigned char>(raw);
    if (std::isalpha(letter) || letter >= 0x80) {
      word += static_cast<char>(std::tolower(letter));
    } else if (!word.empty()) {
      ++counts[std::exchange(word, {})];
    }
  }
  if (!word.empty()) ++counts[word];
}

// Tells how far it is, at most once per percent.
Counts count(const Task& task) {
  std::ifstream file(task.text);
  if (!file) throw Reject(task.text + ": " + std::strerror(errno));
  const auto size = std::max<std::uintmax_t>(1, std::filesystem::file_size(task.text));
  Counts counts;
  std::uintmax_t read = 0, told = 0;
  for (std::string line; std::getline(file, line);) {
    count_line(line, counts);
    read += line.size() + 1;
    const auto percent = std::min<std::uintmax_t>(100, 100 * read / size);
    if (percent > told) tell({{"type", "progress"}, {"percent", percent}, {"label", "counting"}});
    told = percent;
  }
  return counts;
}

// The most frequent first, equals by the alphabet.
Ranking rank(const Counts& counts) {
  Ranking ranking(counts.begin(), counts.end());
  std::stable_sort(ranking.begin(), ranking.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return ranking;
}

void write_list(const Ranking& ranking, const std::string& target) {
  const std::string unfinished = target + ".unfinished." + std::to_string(::getpid());
  std::filesystem::create_directories(std::filesystem::path(target).parent_path());
  std::ofstream file(unfinished);
  for (const auto& [word, times] : ranking) file << word << '\t' << times << '\n';
  file.close();
  if (!file) throw std::runtime_error(unfinished + ": cannot be written");
  std::filesystem::rename(unfinished, target);
}

json::object result(const Ranking& ranking, std::size_t top) {
  long words = 0;
  json::array most;
  for (const auto& [word, times] : ranking) {
    words += times;
    if (most.size() < top) most.push_back(json::object{{"word", word}, {"count", times}});
  }
  return {{"words", words}, {"different", ranking.size()}, {"most", std::move(most)}};
}

void run() {
  const Task task = read_task();
  tell({{"type", "log"}, {"level", "info"}, {"message", "counting " + task.text}});
  const Ranking ranking = rank(count(task));
  if (!task.target.empty()) write_list(ranking, task.target);
  json::object value = result(ranking, task.top);
  std::cout << json::serialize(value) << '\n';
  tell({{"type", "result"}, {"value", std::move(value)}});
}

}  // namespace

int main() {
  try {
    run();
    return 0;
  } catch (const Reject& error) {
    std::cerr << error.what() << '\n';
    tell({{"type", "reject"}, {"code", "bad_task"}, {"message", error.what()}});
    return 65;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    tell({{"type", "error"}, {"code", "trouble"}, {"message", error.what()}, {"retry", true}});
    return 75;
  }
}

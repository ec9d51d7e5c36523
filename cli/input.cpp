#include "cli/input.hpp"

#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>

#include "cli/json_object.hpp"
#include "cli/selector.hpp"

namespace reeve::cli {
namespace {

std::string all_of(std::istream& in) { return {std::istreambuf_iterator<char>(in), {}}; }

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) throw UsageError("cannot read " + path + "; name a file that exists, or - for stdin");
  return all_of(file);
}

}  // namespace

std::string text_of(const Session& session, const std::string& path) { return path == "-" ? all_of(session.in()) : file_text(path); }

std::string payload_of(const Session& session, const std::string& word) {
  std::string text = word;
  if (word == "-") text = all_of(session.in());
  else if (word.starts_with('@')) text = file_text(word.substr(1));
  const std::string fault = fault_in_json(text);
  if (!fault.empty()) throw UsageError("the payload is not JSON: " + fault + "; a text needs quotes of its own: '\"hello\"'");
  return text;
}

}  // namespace reeve::cli

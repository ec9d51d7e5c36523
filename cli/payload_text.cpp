#include "cli/payload_text.hpp"

#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>

#include "cli/json_object.hpp"
#include "cli/selector.hpp"

namespace reeve::cli {

std::string all_of(std::istream& in) { return {std::istreambuf_iterator<char>(in), {}}; }

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) throw UsageError("cannot read " + path + "; name a file that exists, or - for stdin");
  return all_of(file);
}

std::string read_payload(const std::string& word, std::istream& in) {
  std::string text = word;
  if (text == "-") text = all_of(in);
  else if (text.starts_with('@')) text = file_text(text.substr(1));
  const std::string fault = fault_in_json(text);
  if (!fault.empty()) throw UsageError("the payload is not JSON: " + fault + "; a text needs quotes of its own: '\"hello\"'");
  return text;
}

}  // namespace reeve::cli

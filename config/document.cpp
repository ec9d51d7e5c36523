#include "config/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <map>

#include "config/bytes.hpp"
#include "executors/utf8.hpp"

namespace reeve::config {

namespace {

Place place_of(const YAML::Mark& mark) { return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1}; }

// The file cannot be read further; its finding has been made.
struct Unreadable {};

// Builds the tree from the events of the parser and stops it at the limits.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, std::vector<Finding>& findings) : file_(file), findings_(findings) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) give_up(place_of(mark), "a second document begins here; one file holds one configuration, so remove the '---' or use include");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(Node{Node::Type::nothing, place_of(mark), {}, false, {}, {}});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    find(place_of(mark), "aliases (*name) are not allowed; write the value out");
    add(Node{Node::Type::nothing, place_of(mark), {}, false, {}, {}});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (value.find('\0') != std::string::npos || !executors::is_utf8(value)) find(place_of(mark), "the text holds a character that is not allowed (NUL or not Unicode)");
    add(Node{Node::Type::scalar, place_of(mark), value, tag == "!", {}, {}});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Type::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Type::mapping);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or mapping that has begun; of a mapping also the key whose value comes next.
  struct Open {
    Node node{};
    std::optional<Entry> key{};
    std::map<std::string, Place> seen{};
  };

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Type type) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (static_cast<int>(open_.size()) >= depth_max)
      give_up(place_of(mark), "nested deeper than " + std::to_string(depth_max) + " levels; no configuration needs that");
    Open opened;
    opened.node.type = type;
    opened.node.place = place_of(mark);
    open_.push_back(std::move(opened));
  }

  void close() {
    Node done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  void add(Node node) {
    if (++nodes_ > nodes_max) give_up(node.place, "more than " + std::to_string(nodes_max) + " values in one file; split it with include");
    if (open_.empty()) root_ = std::move(node);
    else if (open_.back().node.type == Node::Type::list) open_.back().node.items.push_back(std::move(node));
    else if (!open_.back().key) begin_entry(std::move(node));
    else end_entry(std::move(node));
  }

  void begin_entry(Node key) {
    if (key.type != Node::Type::scalar) find(key.place, "a key must be plain text, but this is " + described(key));
    open_.back().key = Entry{std::move(key.text), key.place, {}};
  }

  void end_entry(Node value) {
    Open& mapping = open_.back();
    Entry entry = std::move(*mapping.key);
    mapping.key.reset();
    const auto [seen, fresh] = mapping.seen.emplace(entry.key, entry.place);
    if (!fresh)
      find(entry.place, "the key '" + shown(entry.key) + "' was already given in line " + std::to_string(seen->second.line) + "; keep one of them", entry.key);
    if (value.type == Node::Type::nothing) value.place = entry.place;  // the parser says where the next thing begins
    entry.value = std::move(value);
    if (fresh) mapping.node.entries.push_back(std::move(entry));
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) find(place_of(mark), "anchors (&name) are not allowed; write the value out where it is needed");
  }

  // The parser says "?" for a plain and "!" for a quoted value without a tag.
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") find(place_of(mark), "tags (" + shown(tag) + ") are not allowed; write the plain value");
  }

  void find(Place place, std::string message, const std::string& last = {}) {
    findings_.push_back({file_, place.line, place.column, path_to(last), std::move(message)});
  }

  [[noreturn]] void give_up(Place place, std::string message) {
    findings_.push_back({file_, place.line, place.column, {}, std::move(message)});
    throw Unreadable{};
  }

  std::string path_to(const std::string& last) const {
    std::string path;
    for (const Open& level : open_)
      if (level.key) path += (path.empty() ? "" : ".") + shown(level.key->key);
    return last.empty() ? path : path + (path.empty() ? "" : ".") + shown(last);
  }

  const std::string& file_;
  std::vector<Finding>& findings_;
  std::vector<Open> open_{};
  Node root_{};
  int nodes_ = 0;
  int documents_ = 0;
};

// Reads the bytes in place: a copy of a large file into a stringstream is one copy too many.
struct Bytes final : std::streambuf {
  explicit Bytes(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());  // never written: a get area only
    setg(begin, begin, begin + bytes.size());
  }
};

void parse_into(std::string_view bytes, TreeBuilder& tree) {
  Bytes buffer{bytes};
  std::istream stream{&buffer};
  YAML::Parser parser{stream};
  while (parser.HandleNextDocument(tree)) {
  }
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

std::string described(const Node& node) {
  switch (node.type) {
    case Node::Type::nothing: return "nothing";
    case Node::Type::scalar: return (node.quoted ? "the text \"" : "\"") + shown(node.text) + "\"";
    case Node::Type::list: return "a list";
    case Node::Type::mapping: return "a mapping";
  }
  return {};
}

std::optional<Node> read_document(std::string_view bytes, const std::string& file, std::vector<Finding>& findings) {
  const std::size_t before = findings.size();
  const std::string_view text = without_bom(bytes);
  check_bytes(text, file, findings);
  if (findings.size() > before) return std::nullopt;
  TreeBuilder tree{file, findings};
  try {
    parse_into(text, tree);
    return tree.take();
  } catch (const Unreadable&) {
  } catch (const YAML::Exception& fault) {
    const Place place = place_of(fault.mark);
    findings.push_back({file, place.line, place.column, {}, "not valid YAML: " + fault.msg});
  }
  return std::nullopt;
}

}  // namespace reeve::config

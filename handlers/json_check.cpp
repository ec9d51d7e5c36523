#include "handlers/json_check.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <vector>

namespace reeve::handlers {

namespace json = boost::json;

namespace {

// Hears the events of Boost.JSON's parser and keeps only what finding a repeated key takes.
class KeyHandler {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  std::string repeated{};

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  bool on_object_begin(json::error_code&) {
    objects_.push_back({keys_.size(), bytes_.size()});
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    bytes_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view rest, std::size_t size, json::error_code&) {
    bytes_.append(rest.data(), rest.size());
    keys_.push_back({bytes_.size() - size, size});
    return true;
  }
  bool on_object_end(std::size_t, json::error_code& error) {
    const Mark mark = objects_.back();
    objects_.pop_back();
    const bool unique = all_unique(mark.keys);
    if (!unique) error = json::error::object_too_large;   // any error ends the parse; `repeated` says which
    keys_.resize(mark.keys);
    bytes_.resize(mark.bytes);
    return unique;
  }

 private:
  struct Slice { std::size_t at, size; };
  struct Mark { std::size_t keys, bytes; };

  std::string_view text(Slice key) const { return std::string_view(bytes_).substr(key.at, key.size); }

  // By sorting: no choice of keys makes it slower than that.
  bool all_unique(std::size_t first) {
    const auto less = [this](Slice a, Slice b) { return text(a) < text(b); };
    const auto same = [this](Slice a, Slice b) { return text(a) == text(b); };
    std::sort(keys_.begin() + static_cast<std::ptrdiff_t>(first), keys_.end(), less);
    const auto twice = std::adjacent_find(keys_.begin() + static_cast<std::ptrdiff_t>(first), keys_.end(), same);
    if (twice != keys_.end()) repeated = std::string(text(*twice));
    return twice == keys_.end();
  }

  std::vector<Mark> objects_{};   // of each open object: where its keys begin
  std::vector<Slice> keys_{};
  std::string bytes_{};
};

json::parse_options strict() {
  json::parse_options options;
  options.max_depth = json_depth_max;
  return options;
}

std::string reason(const KeyHandler& handler, const json::error_code& error) {
  if (!handler.repeated.empty()) return "the key \"" + handler.repeated.substr(0, 100) + "\" appears twice in one object";
  if (error == json::error::too_deep) return "nested deeper than " + std::to_string(json_depth_max);
  if (error == json::error::incomplete) return "it ends in the middle";
  return error.message();
}

}  // namespace

class JsonCheck::Impl {
 public:
  bool take(std::string_view piece) {
    if (fault_ || piece.empty()) return !fault_;
    json::error_code error;
    const std::size_t used = parser_.write_some(true, piece.data(), piece.size(), error);
    taken_ += used;
    any_ = true;
    if (!error && used < piece.size()) error = json::error::extra_data;
    if (error) fault_ = JsonFault{taken_, reason(parser_.handler(), error)};
    return !fault_;
  }

  std::optional<JsonFault> finish() {
    if (fault_) return fault_;
    if (!any_) return JsonFault{0, "it is empty"};
    json::error_code error;
    parser_.write_some(false, "", 0, error);
    if (!error && !parser_.done()) error = json::error::incomplete;
    if (error) fault_ = JsonFault{taken_, reason(parser_.handler(), error)};
    return fault_;
  }

 private:
  json::basic_parser<KeyHandler> parser_{strict()};
  std::size_t taken_ = 0;
  bool any_ = false;
  std::optional<JsonFault> fault_{};
};

JsonCheck::JsonCheck() : impl_(std::make_unique<Impl>()) {}
JsonCheck::~JsonCheck() = default;
bool JsonCheck::take(std::string_view piece) { return impl_->take(piece); }
std::optional<JsonFault> JsonCheck::finish() { return impl_->finish(); }

std::optional<JsonFault> check_json(std::string_view text) {
  JsonCheck check;
  check.take(text);
  return check.finish();
}

std::string fault_in_json(std::string_view text) {
  const std::optional<JsonFault> fault = check_json(text);
  return fault ? fault->message + ", at byte " + std::to_string(fault->offset) : std::string{};
}

}  // namespace reeve::handlers

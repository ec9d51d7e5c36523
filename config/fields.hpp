// Tables of keys. A section of the file is a table of fields; each says its name, why it exists, where its value goes and what is legal.
// The table reads the section, refuses what it does not know, and makes the JSON Schema.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/schema_text.hpp"
#include "config/values.hpp"

namespace reeve::config {

template <class Target>
struct Field {
  std::string_view name;
  std::string_view why;
  std::function<void(Reading&, const Node&, Target&)> read;
  std::string schema;
};

// Keys that a section refuses although they are no mistakes of spelling.
struct Refused {
  std::vector<std::string_view> later{};      // of the product, but this version does not have them yet
  std::vector<std::string_view> elsewhere{};  // only in the main file, not in an included one
};

template <class Target>
struct Table {
  std::vector<Field<Target>> fields{};
  Refused refused{};

  [[nodiscard]] std::vector<std::string_view> names() const {
    std::vector<std::string_view> all;
    for (const Field<Target>& field : fields) all.push_back(field.name);
    return all;
  }
};

// Says why `entry` is not read: available later, belongs elsewhere, or unknown; then with the nearest of `known`.
void refuse_key(Reading& reading, const Entry& entry, const std::vector<std::string_view>& known, const Refused& refused);

template <class Target>
void read_section(Reading& reading, const Node& node, const Table<Target>& table, Target& target) {
  if (!is_mapping(reading, node, "keys")) return;
  for (const Entry& entry : node.entries) {
    const Reading::Step step{reading, entry.key};
    const Field<Target>* known = nullptr;
    for (const Field<Target>& field : table.fields)
      if (field.name == entry.key) known = &field;
    if (known) known->read(reading, entry.value, target);
    else refuse_key(reading, entry, table.names(), table.refused);
  }
}

template <class Target>
[[nodiscard]] std::string section_schema(const Table<Target>& table) {
  std::string properties;
  for (const Field<Target>& field : table.fields)
    properties += (properties.empty() ? "" : ",") + json_quoted(field.name) + ":" + with_member(field.schema, "description", json_quoted(field.why));
  return R"({"type":"object","additionalProperties":false,"properties":{)" + properties + "}}";
}

// The default of a field is what a fresh target holds.
template <class Target, class Where>
[[nodiscard]] std::string default_json(Where where) {
  Target fresh{};
  return json_default(std::invoke(where, fresh));
}

// A field whose value `read` returns as an optional and that is stored as it is. `where` is a member pointer or a function to a reference.
template <class Target, class Where, class Read>
[[nodiscard]] Field<Target> field(std::string_view name, Where where, std::string_view why, Read read, std::string schema) {
  auto store = [where, read = std::move(read)](Reading& reading, const Node& node, Target& target) {
    using Stored = std::remove_reference_t<decltype(std::invoke(where, target))>;
    auto value = read(reading, node);
    if (!value) return;
    if constexpr (std::is_arithmetic_v<Stored>) std::invoke(where, target) = static_cast<Stored>(*value);
    else std::invoke(where, target) = std::move(*value);
  };
  return {name, why, std::move(store), std::move(schema)};
}

template <class Target, class Where>
[[nodiscard]] Field<Target> text(std::string_view name, Where where, std::string_view why) {
  return field<Target>(name, where, why, read_filled_text, with_member(text_schema(), "default", default_json<Target>(where)));
}

template <class Target, class Where>
[[nodiscard]] Field<Target> path(std::string_view name, Where where, std::string_view why) {
  return field<Target>(name, where, why, read_path, with_member(text_schema(), "default", default_json<Target>(where)));
}

template <class Target, class Where>
[[nodiscard]] Field<Target> texts(std::string_view name, Where where, std::string_view why) {
  return field<Target>(name, where, why, read_texts, with_member(texts_schema(), "default", default_json<Target>(where)));
}

template <class Target, class Where>
[[nodiscard]] Field<Target> duration(std::string_view name, Where where, Range<store::Millis> range, std::string_view why) {
  auto read = [range](Reading& reading, const Node& node) { return read_duration(reading, node, range); };
  return field<Target>(name, where, why, read, with_member(duration_schema(), "default", default_json<Target>(where)));
}

template <class Target, class Where>
[[nodiscard]] Field<Target> size(std::string_view name, Where where, Range<std::int64_t> range, std::string_view why) {
  auto read = [range](Reading& reading, const Node& node) { return read_size(reading, node, range); };
  return field<Target>(name, where, why, read, with_member(size_schema(), "default", default_json<Target>(where)));
}

template <class Target, class Where>
[[nodiscard]] Field<Target> integer(std::string_view name, Where where, Range<std::int64_t> range, std::string_view why) {
  auto read = [range](Reading& reading, const Node& node) { return read_integer(reading, node, range); };
  return field<Target>(name, where, why, read, with_member(integer_schema(range.low, range.high), "default", default_json<Target>(where)));
}

template <class Target, class Where>
[[nodiscard]] Field<Target> limit(std::string_view name, Where where, std::string_view why) {
  return field<Target>(name, where, why, read_limit, with_member(integer_schema(1, 100'000), "default", default_json<Target>(where)));
}

template <class Target, class Where>
[[nodiscard]] Field<Target> number(std::string_view name, Where where, Range<double> range, std::string_view why) {
  auto read = [range](Reading& reading, const Node& node) { return read_number(reading, node, range); };
  return field<Target>(name, where, why, read, with_member(number_schema(range.low, range.high), "default", default_json<Target>(where)));
}

template <class Target, class Where>
[[nodiscard]] Field<Target> flag(std::string_view name, Where where, std::string_view why) {
  return field<Target>(name, where, why, read_flag, with_member(flag_schema(), "default", default_json<Target>(where)));
}

// `meanings[i]` is what `words.known[i]` stands for.
template <class Target, class Where, class Meaning>
[[nodiscard]] Field<Target> word(std::string_view name, Where where, Words words, std::vector<Meaning> meanings, std::string_view why) {
  Target fresh{};
  std::string fallback;
  for (std::size_t i = 0; i < meanings.size(); ++i)
    if (std::invoke(where, fresh) == meanings[i]) fallback = json_quoted(words.known[i]);
  std::string schema = with_member(words_schema(words.known), "default", fallback);
  auto read = [words = std::move(words), meanings = std::move(meanings)](Reading& reading, const Node& node) -> std::optional<Meaning> {
    const auto index = read_word(reading, node, words);
    if (!index) return std::nullopt;
    return meanings[*index];
  };
  return field<Target>(name, where, why, std::move(read), std::move(schema));
}

// A section inside a section.
template <class Target, class Where, class Inner>
[[nodiscard]] Field<Target> section(std::string_view name, Where where, const Table<Inner>& table, std::string_view why) {
  auto read = [where, &table](Reading& reading, const Node& node, Target& target) { read_section(reading, node, table, std::invoke(where, target)); };
  return {name, why, std::move(read), section_schema(table)};
}

}  // namespace reeve::config

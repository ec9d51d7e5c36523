#include "config/document.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "config/bytes.hpp"
#include "config/scalars.hpp"
#include "config/source.hpp"
#include "tests/unit/config/parsed.hpp"

namespace reeve::config {

using namespace test;
using Catch::Contains;

namespace {

std::string faults(std::string_view bytes) {
  std::vector<Finding> findings;
  const auto node = read_document(bytes, "f", findings);
  if (findings.empty()) CHECK(node);
  return text_of(findings);
}

}  // namespace

TEST_CASE("what YAML hides is refused with its place", "[config][document]") {
  CHECK(faults("a: 1\nb:\n  c: 2\n  c: 3\n") == "f:4:3: b.c: the key 'c' was already given in line 3; keep one of them\n");
  CHECK_THAT(faults("a: &x 1\nb: 2\n"), Contains("anchors (&name) are not allowed") && Contains("f:1:"));
  CHECK_THAT(faults("a: &x [1]\nb: *x\n"), Contains("aliases") && Contains("f:2:4"));
  CHECK_THAT(faults("a: &x [*x]\n"), Contains("anchors"));
  CHECK_THAT(faults("a: !!int 5\n"), Contains("tags") && Contains("f:1:"));
  CHECK_THAT(faults("a: !exec rm\n"), Contains("tags"));
  CHECK_THAT(faults("? [a, b]\n: 1\n"), Contains("a key must be plain text, but this is a list"));
  CHECK_THAT(faults("{a: 1}: 2\n"), Contains("a key must be plain text"));
  CHECK_THAT(faults("a: 1\n---\nb: 2\n"), Contains("a second document"));
  CHECK_THAT(faults("~: 1\n"), Contains("a key must be plain text"));
}

TEST_CASE("a file that is not YAML is an error with its place", "[config][document]") {
  for (const char* bad : {"a: [1", "a: {b", "a: 'x", "a: \"\\q\"", "a:\n - 1\n b: 2\n", "%YAML 9.9\n---\n", "a: b: c", "*x", "- a\nb: 1\n", "@"}) {
    INFO(bad);
    CHECK_THAT(faults(bad), Contains("f:"));
  }
}

TEST_CASE("a file must be UTF-8 without control characters and tabs for indentation", "[config][document]") {
  CHECK_THAT(faults("a: caf\xC3\xA9\nb: \xff\n"), Contains("f:2:4: a byte that is not UTF-8"));
  CHECK_THAT(faults("\xC3\xA9\xC3\xA9: \x01"), Contains("f:1:5: a control character"));
  CHECK_THAT(faults(std::string_view{"a: \0b", 5}), Contains("a control character"));
  CHECK_THAT(faults("a:\n\tb: 1\n"), Contains("f:2:1: a tab in the indentation"));
  CHECK_THAT(faults("\xFF\xFE" "a"), Contains("UTF-16"));
  CHECK_THAT(faults("a: \"\\0\"\n"), Contains("not allowed"));
  CHECK(faults("\xEF\xBB\xBF" "a: 1\n") == "");
  CHECK(faults("a: 1\t# comment\n\t\n") == "");
  CHECK(faults("a: 1\r\nb: 2\r\n") == "");
}

TEST_CASE("places are counted from one and the byte order mark does not count", "[config][document]") {
  std::vector<Finding> findings;
  const auto node = read_document("\xEF\xBB\xBF" "a: x\nb:\n  - y\n", "f", findings);
  REQUIRE(node);
  CHECK(node->entries.at(0).place.column == 1);
  CHECK(node->find("a")->place.line == 1);
  CHECK(node->find("a")->place.column == 4);
  CHECK(node->find("b")->items.at(0).place.line == 3);
  CHECK(node->find("b")->items.at(0).place.column == 5);
  CHECK(node->find("c") == nullptr);
}

TEST_CASE("quotes are remembered", "[config][document]") {
  std::vector<Finding> findings;
  const auto node = read_document("a: 5\nb: \"5\"\nc: '5'\nd: |\n  5\ne:\nf: ''\n", "f", findings);
  REQUIRE(node);
  CHECK_FALSE(node->find("a")->quoted);
  for (const char* key : {"b", "c", "d", "f"}) CHECK(node->find(key)->quoted);
  CHECK(node->find("e")->type == Node::Type::nothing);
}

TEST_CASE("hostile files end at the limits, quickly", "[config][document]") {
  const auto begin = std::chrono::steady_clock::now();
  std::string deep, many, keys = "a:\n";
  for (int i = 0; i < 500'000; ++i) deep += "[";
  for (int i = 0; i < 60'000; ++i) many += "- 1\n";
  for (int i = 0; i < 11'000; ++i) keys += " k" + std::to_string(i) + ": 1\n";
  CHECK_THAT(faults(deep), Contains("nested deeper than 32"));
  CHECK_THAT(faults(many), Contains("more than 10000 values"));
  CHECK_THAT(faults(keys), Contains("more than 10000 values"));
  CHECK_THAT(faults(std::string((1 << 20) + 1, '#')), Contains("at most 1 MiB"));
  CHECK_THAT(faults("a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n"), Contains("aliases"));
  std::string block;
  for (int i = 0; i < 1000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK_THAT(faults(block), Contains("nested deeper than 32"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{20});
}

TEST_CASE("a file that cannot be read is an error and never a hang", "[config][source]") {
  const Folder folder;
  REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
  folder.write("huge", std::string((1 << 20) + 1, '#'));
  const auto first = [](const std::string& path) {
    const Loaded loaded = load(path, no_variables);
    REQUIRE(loaded.errors.size() == 1);
    CHECK(loaded.errors[0].line == 0);
    CHECK(loaded.errors[0].file == path);
    return loaded.errors[0].message;
  };
  CHECK_THAT(first(folder.path("missing.yaml")), Contains("does not exist"));
  CHECK_THAT(first(folder.path("")), Contains("is a directory"));
  CHECK_THAT(first(folder.path("fifo")), Contains("named pipe"));
  CHECK_THAT(first(folder.path("huge")), Contains("larger than"));
  CHECK_THAT(first("/dev/zero"), Contains("not a regular file"));
  CHECK_THAT(first(""), Contains("no path"));
  CHECK(text_of(load("/no/such", no_variables).errors) == "/no/such: does not exist; check the path\n");
}

TEST_CASE("an empty file is a configuration of defaults", "[config]") {
  for (const char* empty : {"", "\n", "# nothing\n", "---\n", "\xEF\xBB\xBF"}) {
    const Loaded loaded = read(empty);
    CHECK(text_of(loaded.errors) == "");
    CHECK(loaded.configuration.handlers.empty());
    CHECK(loaded.configuration.supervisor.concurrency == 16);
  }
}

TEST_CASE("sizes are whole numbers of binary units", "[config][scalars]") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("512") == 512);
  CHECK(parse_size("512B") == 512);
  CHECK(parse_size("64KiB") == 65536);
  CHECK(parse_size("1MiB") == 1 << 20);
  CHECK(parse_size("2GiB") == 2LL << 30);
  CHECK(parse_size("1TiB") == 1LL << 40);
  for (const char* bad : {"", "KiB", "1KB", "1kib", "1 KiB", "1.5MiB", "-1", "-1KiB", "01KiB", "1K", "9223372036854775808", "9223372036854775807KiB", "99999999999TiB"}) CHECK_FALSE(parse_size(bad));
  for (const std::int64_t bytes : {0LL, 1LL, 512LL, 1024LL, 1536LL, 1LL << 20, 3LL << 30, 1LL << 40}) CHECK(parse_size(size_text(bytes)) == bytes);
}

TEST_CASE("numbers and words are strict", "[config][scalars]") {
  CHECK(parse_integer("0") == 0);
  CHECK(parse_integer("-5") == -5);
  CHECK(parse_integer("9223372036854775807") == INT64_MAX);
  for (const char* bad : {"", "-", "012", "1e3", "0x10", "+5", "5.0", "1_000", " 5", "-0", "9223372036854775808", "5 "}) CHECK_FALSE(parse_integer(bad));
  CHECK(parse_number("1.5") == 1.5);
  CHECK(parse_number("-0.25") == -0.25);
  CHECK(parse_number("1e3") == 1000);
  for (const char* bad : {"", ".5", "5.", "01", "1e", "nan", "inf", ".inf", "1e999", "0x1p3", "+1", "1.5.2"}) CHECK_FALSE(parse_number(bad));
  CHECK(parse_flag("true") == true);
  CHECK(parse_flag("false") == false);
  for (const char* bad : {"yes", "no", "on", "off", "True", "FALSE", "1", "0", ""}) CHECK_FALSE(parse_flag(bad));
  CHECK(parse_mode("0022") == 0022u);
  CHECK(parse_mode("022") == 022u);
  CHECK(parse_mode("0o660") == 0660u);
  CHECK(parse_mode("0000") == 0u);
  for (const char* bad : {"", "22", "0", "0888", "07777", "-022", "0x1f", "rw-"}) CHECK_FALSE(parse_mode(bad));
  CHECK(parse_signal("TERM") == 15);
  CHECK(parse_signal("SIGINT") == 2);
  CHECK(parse_signal("9") == 9);
  for (const char* bad : {"", "SIG", "STOP", "19", "0", "-1", "99", "term", "FOO"}) CHECK_FALSE(parse_signal(bad));
  CHECK(signal_text(15) == "TERM");
}

}  // namespace reeve::config

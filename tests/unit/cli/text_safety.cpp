#include "cli/text_safety.hpp"

#include <catch2/catch.hpp>

using namespace reeve::cli;

TEST_CASE("escape sequences, carriage returns and bells of a task are shown, not obeyed", "[text][security]") {
  REQUIRE(one_line("\x1b[31mred\x1b[0m") == "\\x1b[31mred\\x1b[0m");
  REQUIRE(one_line("50%\r100%") == "50%\\r100%");
  REQUIRE(one_line("\a") == "\\x07");
  REQUIRE(one_line(std::string_view("a\0b", 3)) == "a\\x00b");
  REQUIRE(one_line("\xc2\x9b" "31m") == "\\u009b31m");  // the one-character form of ESC [
}

TEST_CASE("a line feed cannot start a second line in a table", "[text][security]") {
  REQUIRE(one_line("ok\n[ERROR] fake") == "ok\\n[ERROR] fake");
  REQUIRE(one_line("a\tb") == "a\\tb");
}

TEST_CASE("a log line keeps its tabs, a document its line feeds too", "[text]") {
  REQUIRE(safe_line("a\tb\nc") == "a\tb\\nc");
  REQUIRE(safe_text("a\tb\nc\x1b") == "a\tb\nc\\x1b");
}

TEST_CASE("marks that turn text around or hide it are shown", "[text][security]") {
  REQUIRE(one_line("a\u202Eb") == "a\\u202eb");
  REQUIRE(one_line("a\u2066b\u200Bc\uFEFF") == "a\\u2066b\\u200bc\\ufeff");
  REQUIRE(one_line("a\u2028b") == "a\\u2028b");
}

TEST_CASE("bytes that are no UTF-8 are shown one by one", "[text]") {
  REQUIRE(one_line("\xff\xfe") == "\\xff\\xfe");
  REQUIRE(one_line("\xc0\xaf") == "\\xc0\\xaf");                  // overlong
  REQUIRE(one_line("\xed\xa0\x80") == "\\xed\\xa0\\x80");          // a lone surrogate
  REQUIRE(one_line("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond the last character
  REQUIRE(one_line("ab\xe2\x82") == "ab\\xe2\\x82");               // cut in the middle
}

TEST_CASE("ordinary text of any language stays as it is", "[text]") {
  REQUIRE(one_line("Grüße, 日本語, ελληνικά, 🙂") == "Grüße, 日本語, ελληνικά, 🙂");
}

TEST_CASE("text is cut by columns, not by bytes, and says so", "[text]") {
  REQUIRE(cut_to("abcdef", 6) == "abcdef");
  REQUIRE(cut_to("abcdefg", 6) == "abcde…");
  REQUIRE(cut_to("ääääää", 4) == "äää…");
  REQUIRE(columns_of("日本") == 4);
  REQUIRE(cut_to("日本語", 5) == "日本…");
  REQUIRE(cut_to("abc", 0).empty());
}

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "executors/process/log_line.hpp"
#include "executors/process/output.hpp"
#include "executors/utf8.hpp"

using namespace reeve::executors;
using namespace reeve::executors::process;

namespace {

struct Captured {
  std::vector<OutputLine> lines;
  Capture capture;
  explicit Captured(const OutputLimits& limits) : capture(limits, [this](OutputLine line) { lines.push_back(std::move(line)); }) {}
};

}  // namespace

TEST_CASE("lines keep every byte, also those that are no text", "[output]") {
  Captured captured{OutputLimits{}};
  captured.capture.print(Stream::stdout_, std::string_view("a\0b\xff\r\n\x1b[31m\n", 12));
  captured.capture.print(Stream::stdout_, "half");
  CHECK(captured.lines.size() == 2);
  captured.capture.print(Stream::stdout_, " a line");
  captured.capture.finish();
  REQUIRE(captured.lines.size() == 3);
  CHECK(captured.lines[0].message == std::string("a\0b\xff\r", 5));
  CHECK(captured.lines[1].message == "\x1b[31m");
  CHECK(captured.lines[2].message == "half a line");
  CHECK(captured.capture.dropped_bytes() == 0);
}

TEST_CASE("a line that is too long is cut and what was cut is counted", "[output]") {
  OutputLimits limits;
  limits.line_bytes = 10;
  Captured captured{limits};
  captured.capture.print(Stream::stdout_, std::string(25, 'x') + "\nshort\n");
  captured.capture.finish();
  REQUIRE(captured.lines.size() == 3);
  CHECK(captured.lines[0].message == std::string(10, 'x'));
  CHECK(captured.lines[1].message == "short");
  CHECK(captured.capture.dropped_bytes() == 15);
  CHECK(captured.lines[2].stream == Stream::entry);
}

TEST_CASE("the first and the last bytes are kept and the middle is counted", "[output]") {
  OutputLimits limits;
  limits.head_bytes = 1000;
  limits.tail_bytes = 2000;
  Captured captured{limits};
  std::int64_t printed = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string line = "this is line number " + std::to_string(i) + "\n";
    printed += static_cast<std::int64_t>(line.size());
    captured.capture.print(Stream::stdout_, line);
  }
  captured.capture.finish();
  CHECK(captured.lines.front().message == "this is line number 0");
  CHECK(captured.lines.back().message == "this is line number 9999");
  CHECK(captured.capture.output_bytes() == printed);
  std::int64_t kept = 0;
  for (const auto& line : captured.lines) kept += line.stream == Stream::entry ? 0 : static_cast<std::int64_t>(line.message.size()) + 1;
  CHECK(kept + captured.capture.dropped_bytes() == printed);
  CHECK(kept <= 3000);
  CHECK(kept > 2900);
}

TEST_CASE("a flood of empty lines is bounded like any other", "[output][hostile]") {
  Captured captured{OutputLimits{}};
  captured.capture.print(Stream::stdout_, std::string(1'000'000, '\n'));
  captured.capture.finish();
  CHECK(captured.lines.size() < 70'000);
  CHECK(captured.capture.dropped_bytes() > 900'000);
}

TEST_CASE("a line that is a log record says its level itself", "[output]") {
  const auto record = log_line(Stream::stderr_, R"({"level":"ERROR","msg":"no paper","tray":2.0})");
  CHECK(record.level == "error");
  CHECK(record.message == "no paper");
  CHECK(record.meta == R"({"level":"ERROR","msg":"no paper","tray":2.0})");
  CHECK(log_line(Stream::stdout_, R"({"level":30,"message":"x"})").level == "info");
  CHECK(log_line(Stream::stdout_, R"({"level":"info"})").meta.empty());
  CHECK(log_line(Stream::stdout_, R"({"level":{},"msg":"x"})").meta.empty());
  CHECK(log_line(Stream::stdout_, "{broken}").message == "{broken}");
  CHECK(log_line(Stream::stderr_, "plain").level == "warn");
  CHECK(log_line(Stream::stdout_, R"({"type":"result","value":1})").message == R"({"type":"result","value":1})");
}

TEST_CASE("the tail of stderr is valid UTF-8 and at most 4 KiB", "[output]") {
  Captured captured{OutputLimits{}};
  for (int i = 0; i < 1000; ++i) captured.capture.print(Stream::stderr_, "\xff\xfe tail \xe2\x82\xac\n");
  const auto tail = captured.capture.stderr_tail();
  CHECK(tail.size() <= 4096);
  CHECK(tail.size() > 4000);
  CHECK(is_utf8(tail));
}

TEST_CASE("bytes that are no character become the replacement character", "[utf8]") {
  CHECK(to_utf8("a\xffz") == "a\xEF\xBF\xBDz");
  CHECK(to_utf8("\xed\xa0\x80").find("\xed\xa0") == std::string::npos);   // a surrogate
  CHECK_FALSE(is_utf8("\xc0\xaf"));                                       // overlong
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));                               // above the last character
  CHECK_FALSE(is_utf8("\xe2\x82"));                                       // cut off
  CHECK(is_utf8("gr\xc3\xbc\xc3\x9f \xf0\x9f\x99\x82"));
}

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "executors/utf8.hpp"
#include "api/json/reader.hpp"
#include "api/json/records.hpp"
#include "api/json/writer.hpp"

using namespace reeve;
using namespace std::string_literals;
using api::JsonWriter;

namespace {

std::string text_of(double number) { return std::move(JsonWriter().value(number)).text(); }
std::string text_of(std::string_view text) { return std::move(JsonWriter().value(text)).text(); }

}  // namespace

TEST_CASE("numbers are written as people write them", "[json]") {
  CHECK(text_of(30.5) == "30.5");
  CHECK(text_of(1.0) == "1");
  CHECK(text_of(100.0) == "100");
  CHECK(text_of(0.1) == "0.1");
  CHECK(text_of(0.0) == "0");
  CHECK(text_of(-2.25) == "-2.25");
  CHECK(text_of(1e15) == "1000000000000000");
  CHECK(text_of(std::numeric_limits<double>::infinity()) == "null");
  CHECK(text_of(std::numeric_limits<double>::quiet_NaN()) == "null");
  for (const double number : {1e300, 5e-324, 1.0 / 3, 123456789.123456, 1.7976931348623157e308}) {
    INFO(text_of(number));
    CHECK(api::number_of(text_of(number)) == number);
    CHECK_FALSE(api::check_json(text_of(number)));
  }
}

TEST_CASE("a string comes out as one printable line and reads back the same", "[json]") {
  const std::string hostile = "quote\" back\\ \n\r\t\b\f \0 \x01\x1b[31m \x7f \xC2\x85 \xE2\x80\xA8 \xE2\x80\xAE grün \xF0\x9F\x98\x80"s;
  const std::string text = text_of(hostile);
  for (const char c : text) CHECK(static_cast<unsigned char>(c) >= 0x20);
  CHECK(text.find('\x7f') == std::string::npos);
  CHECK(text.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(text.find("grün") != std::string::npos);
  REQUIRE_FALSE(api::check_json(text));
  CHECK(api::string_of(text) == hostile);
}

TEST_CASE("bytes that are not UTF-8 are replaced and still make valid JSON", "[json]") {
  for (const std::string_view bad : {"\xff", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80z"}) {
    const std::string text = text_of(bad);
    CHECK_FALSE(executors::is_utf8(bad));
    CHECK(executors::is_utf8(text));
    CHECK(text.find("\xEF\xBF\xBD") != std::string::npos);
    CHECK_FALSE(api::check_json(text));
  }
}

TEST_CASE("a log line that is not UTF-8 carries its bytes beside the text", "[json]") {
  store::LogLine line;
  line.message = "a\xff";
  JsonWriter json;
  api::write_log_line(json, line);
  const std::string text = std::move(json).text();
  CHECK(text.find(R"("message":"a)" "\xEF\xBF\xBD" R"(")") != std::string::npos);
  CHECK(text.find(R"("message_base64":"Yf8=")") != std::string::npos);
}

TEST_CASE("base64 pads what does not fill a group", "[json]") {
  CHECK(api::base64("") == "");
  CHECK(api::base64("f") == "Zg==");
  CHECK(api::base64("fo") == "Zm8=");
  CHECK(api::base64("foo") == "Zm9v");
  CHECK(api::base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("payload and result are given back byte for byte", "[json]") {
  store::Task task;
  task.id = store::TaskId{7};
  task.payload = "{ \"b\" : 1e2,\n\"a\":[1.50, \"\\u00e9\"] }";
  task.result = "  3.0E1 ";
  JsonWriter json;
  api::write_task(json, task, store::State::succeeded, api::Body::with_payload);
  const std::string text = std::move(json).text();
  REQUIRE_FALSE(api::check_json(text));
  CHECK(text.find("\"payload\":" + task.payload + ",") != std::string::npos);
  CHECK(text.find("\"result\":" + *task.result + ",") != std::string::npos);
}

TEST_CASE("a list leaves out payload, result and metadata, and absent members", "[json]") {
  store::Task task;
  task.payload = "1";
  task.result = "2";
  task.metadata = "3";
  JsonWriter json;
  api::write_task(json, task, store::State::queued, api::Body::without_payload);
  const std::string text = std::move(json).text();
  for (const char* absent : {"payload", "result", "metadata", "external_id", "claimed_at", "\"error\"", "progress", "null"})
    CHECK(text.find(absent) == std::string::npos);
}

#include "supervisor/log.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "executors/utf8.hpp"
#include "supervisor/log_format.hpp"
#include "supervisor/log_sink.hpp"

namespace reeve::supervisor {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "reeve-log-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string content(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<json::object> records_of(const std::string& text) {
  std::vector<json::object> records;
  for (const std::string& line : lines_of(text)) records.push_back(json::parse(line).as_object());
  return records;
}

LogOptions to_file(const std::string& path) {
  LogOptions options;
  options.file = path;
  return options;
}

const Redaction none{{}};
const store::Timestamp noon = store::from_ms(1'763'640'000'123);

json::object as_record(std::string_view event, LogFields fields, const Redaction& redaction = none) {
  const std::string line = json_line(noon, LogLevel::info, json_fragment(event, fields, redaction));
  REQUIRE(line.ends_with("}\n"));
  REQUIRE(line.find('\n') == line.size() - 1);
  return json::parse(line).as_object();
}

std::string loss(std::int64_t lost) { return "lost " + std::to_string(lost) + "\n"; }

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int both[2];
    REQUIRE(::pipe2(both, O_CLOEXEC) == 0);
    read = both[0];
    write = both[1];
  }
  ~Pipe() {
    ::close(read);
    if (write >= 0) ::close(write);
  }
  // Everything that is in it now.
  std::string drain() const {
    ::fcntl(read, F_SETFL, O_NONBLOCK);
    std::string out;
    char buffer[65536];
    for (ssize_t got; (got = ::read(read, buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<std::size_t>(got));
    return out;
  }
};

// Line n of a stream of lines of one length.
std::string numbered(int n, std::size_t length) {
  std::string line = std::to_string(n) + " ";
  line.resize(length - 1, '.');
  return line + "\n";
}

}  // namespace

TEST_CASE("a record is one JSON object with time, level, event and fields", "[log]") {
  const json::object record = as_record("attempt.finished", {{"task", 42}, {"kind", "report"}, {"ratio", 0.5}, {"stale", false}, {"big", 9007199254740993LL}});
  CHECK(record.at("ts").as_string() == "2025-11-20T12:00:00.123Z");
  CHECK(record.at("level").as_string() == "info");
  CHECK(record.at("event").as_string() == "attempt.finished");
  CHECK(record.at("task").as_int64() == 42);
  CHECK(record.at("kind").as_string() == "report");
  CHECK(record.at("ratio").as_double() == 0.5);
  CHECK_FALSE(record.at("stale").as_bool());
  CHECK(record.at("big").as_int64() == 9007199254740993LL);
  CHECK(record.begin()->key() == "ts");
}

TEST_CASE("whatever a handler printed, a record stays valid JSON", "[log]") {
  const std::string hostile = GENERATE(as<std::string>{}, "x", "say \"hi\"", "two\nlines\r\n", "back\\slash", "\"},{\"event\":\"forged\"", std::string("nul\0inside", 10), "\x1b[31mred\x1b[0m\x07",
                                       "\xE2\x80\xAEtxt.exe", "\xE2\x81\xA6iso\xE2\x81\xA9", "line\xE2\x80\xA8separator", "\xEF\xBB\xBFmark", "\xF3\xA0\x81\x81tag", "\x7f\xC2\x9B", "caf\xC3\xA9 \xF0\x9F\x98\x80");
  const std::string line = json_line(noon, LogLevel::info, json_fragment("e", {{"message", hostile}}, none));
  CHECK(json::parse(line).at("message").as_string() == hostile);
  for (const char c : line.substr(0, line.size() - 1)) CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
  for (const char* invisible : {"\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\xA8", "\xEF\xBB\xBF", "\xC2\x9B", "\xF3\xA0\x81\x81"}) CHECK(line.find(invisible) == std::string::npos);
}

TEST_CASE("bytes that are not UTF-8 become replacement characters", "[log]") {
  const json::object record = as_record("e", {{"message", std::string_view{"a\xff\xC3(\xED\xA0\x80z\xE2\x82"}}});
  const auto& text = record.at("message").as_string();
  CHECK(executors::is_utf8({text.data(), text.size()}));
  CHECK(text == "a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("every byte and pair of bytes gives a valid record", "[log]") {
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; second += (first % 16 == 0 ? 1 : 37)) {
      const char both[] = {static_cast<char>(first), static_cast<char>(second)};
      json::error_code error;
      const std::string line = json_line(noon, LogLevel::info, json_fragment(std::string_view{both, 2}, {{std::string_view{both, 2}, std::string_view{both, 2}}}, none));
      json::parse(line, error);
      if (error || line.find('\n') != line.size() - 1) FAIL("bytes " << first << " " << second << ": " << line);
    }
}

TEST_CASE("names and events of records are escaped too, and reserved names stay the record's own", "[log]") {
  const json::object record = as_record("a\"b\n", {{"k\"\n", 1}, {"ts", "forged"}, {"level", "forged"}, {"event", "forged"}});
  CHECK(record.at("event").as_string() == "a\"b\n");
  CHECK(record.at("k\"\n").as_int64() == 1);
  CHECK(record.at("level").as_string() == "info");
  CHECK(record.at("field_ts").as_string() == "forged");
}

TEST_CASE("numbers that JSON lacks are null", "[log]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const json::object record = as_record("e", {{"a", infinity}, {"b", -infinity}, {"c", std::numeric_limits<double>::quiet_NaN()}, {"d", 1e300}});
  CHECK(record.at("a").is_null());
  CHECK(record.at("b").is_null());
  CHECK(record.at("c").is_null());
  CHECK(record.at("d").as_double() == 1e300);
}

TEST_CASE("a very long value is cut at a character and says so", "[log]") {
  std::string euros;
  while (euros.size() < 3 * value_bytes_max) euros += "\xE2\x82\xAC";
  const auto text = as_record("e", {{"message", euros}}).at("message").as_string();
  CHECK(text.size() < value_bytes_max + 64);
  CHECK(text.ends_with("... (" + std::to_string(euros.size()) + " bytes)"));
  CHECK(text.find("\xEF\xBF\xBD") == std::string::npos);
}

TEST_CASE("fields whose name holds a redacted word are masked", "[log]") {
  const Redaction redaction{LogOptions{}.redact};
  const json::object record =
      as_record("e", {{"password", "hunter2"}, {"API_KEY", "hunter2"}, {"db_Secret_name", "hunter2"}, {"auth_token", 42}, {"Authorization", "Bearer hunter2"}, {"user", "me"}}, redaction);
  for (const char* name : {"password", "API_KEY", "db_Secret_name", "auth_token", "Authorization"}) CHECK(record.at(name).as_string() == "***");
  CHECK(record.at("user").as_string() == "me");
  CHECK(text_fragment("e", {{"token", "hunter2"}}, redaction) == "e token=***");
  CHECK_FALSE(Redaction{{""}}.covers("user"));
}

TEST_CASE("text for people quotes what is not one word", "[log]") {
  CHECK(text_fragment("task.done", {{"task", 42}, {"kind", "report"}, {"why", "two words"}, {"ok", true}}, none) ==
        "task.done task=42 kind=report why=\"two words\" ok=true");
  CHECK(text_fragment("e", {{"m", "\x1b[2J"}}, none) == "e m=\"\\u001b[2J\"");
  CHECK(text_fragment("e", {{"m", "a=b"}}, none) == "e m=\"a=b\"");
  CHECK(text_line(noon, LogLevel::warn, "x", false) == "2025-11-20T12:00:00.123Z warn  x\n");
  CHECK(text_line(noon, LogLevel::warn, "x", true).find("\x1b[33mwarn \x1b[0m") != std::string::npos);
}

TEST_CASE("a field with an empty text is left out", "[log]") {
  CHECK_FALSE(as_record("e", {{"reason", ""}, {"n", 0}}).contains("reason"));
  CHECK(text_fragment("e", {{"reason", ""}, {"n", 0}}, none) == "e n=0");
}

TEST_CASE("the log appends records of its level and above to its file", "[log]") {
  const Folder folder;
  LogOptions options = to_file(folder.file("log"));
  options.level = LogLevel::warn;
  {
    const auto log = make_log(options);
    log->debug("a");
    log->info("b");
    log->warn("c", {{"n", 1}});
    log->error("d");
    CHECK(log->lost() == 0);
  }
  make_log(options)->error("e");
  const auto records = records_of(content(options.file));
  REQUIRE(records.size() == 3);
  CHECK(records[0].at("event").as_string() == "c");
  CHECK(records[0].at("level").as_string() == "warn");
  CHECK(records[1].at("level").as_string() == "error");
  CHECK(records[2].at("event").as_string() == "e");
  struct stat facts {};
  REQUIRE(::stat(options.file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0137) == 0);
}

TEST_CASE("braces in a record are no format", "[log]") {
  const Folder folder;
  make_log(to_file(folder.file("log")))->info("{} {0} %s", {{"m", "{}{{%n"}});
  CHECK(records_of(content(folder.file("log"))).at(0).at("m").as_string() == "{}{{%n");
}

TEST_CASE("the log goes on in a new file after rotation", "[log]") {
  const Folder folder;
  const auto log = make_log(to_file(folder.file("log")));
  log->info("first");
  fs::rename(folder.file("log"), folder.file("log.1"));
  log->info("second");
  log->reopen();
  log->info("third");
  CHECK(records_of(content(folder.file("log.1"))).size() == 2);
  CHECK(records_of(content(folder.file("log"))).at(0).at("event").as_string() == "third");
}

TEST_CASE("a rotation that fails keeps the old file and says so", "[log]") {
  const Folder folder;
  fs::create_directory(folder.file("d"));
  const auto log = make_log(to_file(folder.file("d/log")));
  fs::rename(folder.file("d"), folder.file("e"));
  log->reopen();
  log->info("still here");
  const auto records = records_of(content(folder.file("e/log")));
  REQUIRE(records.size() == 2);
  CHECK(records[0].at("event").as_string() == "log.reopen_failed");
  CHECK(records[1].at("event").as_string() == "still here");
}

TEST_CASE("a log file that cannot be opened is an error that names it", "[log]") {
  const Folder folder;
  REQUIRE(::mkfifo(folder.file("fifo").c_str(), 0600) == 0);
  for (const std::string& path : {folder.file("no/such/log"), folder.file(""), folder.file("fifo")}) {
    INFO(path);
    CHECK_THROWS_WITH(make_log(to_file(path)), Catch::Contains(path));
  }
}

TEST_CASE("a full disk delays records, loses what does not fit, and says how many", "[log]") {
  const Folder folder;
  const std::string path = folder.file("log");
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto previous = ::signal(SIGXFSZ, SIG_IGN);
  LogSink sink{path, loss};
  const std::size_t length = 1000;
  struct rlimit small = before;
  small.rlim_cur = 10'500;  // ends within the eleventh line
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const int count = 400;
  for (int n = 0; n < count; ++n) sink.write(numbered(n, length));
  const std::string while_full = content(path);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, previous);

  CHECK(while_full.size() == 10 * length);  // no torn line
  const std::int64_t lost = sink.lost();
  CHECK(lost == count - 10 - static_cast<std::int64_t>(LogSink::backlog_max / length));
  sink.write("after\n");
  const auto lines = lines_of(content(path));
  REQUIRE(lines.size() == static_cast<std::size_t>(count - lost) + 2);
  for (int n = 0; n < count - lost; ++n) CHECK(lines[static_cast<std::size_t>(n)] + "\n" == numbered(n, length));
  CHECK(lines[lines.size() - 2] + "\n" == loss(lost));
  CHECK(lines.back() == "after");
  CHECK(sink.lost() == lost);
}

TEST_CASE("a device that is always full costs records and nothing else", "[log]") {
  const auto log = make_log(to_file("/dev/full"));
  const std::string text(1000, 'x');
  for (int n = 0; n < 1000; ++n) log->info("e", {{"text", text}});
  CHECK(log->lost() > 500);
}

TEST_CASE("a full pipe never blocks, and nothing in it is torn or reordered", "[log]") {
  const std::size_t length = GENERATE(std::size_t{100}, std::size_t{1000}, std::size_t{10'000});
  const bool polled = GENERATE(false, true);
  INFO("lines of " << length << (polled ? " bytes, polled" : " bytes"));
  Pipe pipe;
  // A pipe that nobody reads at the moment cannot be opened again, so the sink has to use the description it was given.
  if (polled) ::close(pipe.read);
  LogSink sink{pipe.write, loss};
  if (polled) pipe.read = ::open(("/proc/self/fd/" + std::to_string(pipe.write)).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(pipe.read >= 0);
  CHECK((::fcntl(pipe.write, F_GETFL) & O_NONBLOCK) == 0);  // the description that others share is untouched
  const int count = static_cast<int>(1'000'000 / length);
  for (int n = 0; n < count; ++n) sink.write(numbered(n, length));
  CHECK(sink.lost() > 0);
  const std::int64_t lost = sink.lost();
  std::string all;
  for (int round = 0; round < 100; ++round) {
    all += pipe.drain();
    sink.write("round " + std::to_string(round) + "\n");
  }
  all += pipe.drain();
  const auto lines = lines_of(all);
  REQUIRE(lines.size() == static_cast<std::size_t>(count - lost) + 101);
  for (int n = 0; n < count - lost; ++n) CHECK(lines[static_cast<std::size_t>(n)] + "\n" == numbered(n, length));
  CHECK(std::find(lines.begin(), lines.end(), "lost " + std::to_string(lost)) != lines.end());
  CHECK(lines.back() == "round 99");
}

TEST_CASE("a full socket never blocks, and nothing in it is torn or reordered", "[log]") {
  int both[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) == 0);
  {
    LogSink sink{both[1], loss};
    for (int n = 0; n < 3000; ++n) sink.write(numbered(n, 1000));
    CHECK(sink.lost() > 0);
    CHECK((::fcntl(both[1], F_GETFL) & O_NONBLOCK) == 0);
    std::string all;
    ::fcntl(both[0], F_SETFL, O_NONBLOCK);
    char buffer[65536];
    for (int round = 0; round < 50; ++round) {
      for (ssize_t got; (got = ::read(both[0], buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<std::size_t>(got));
      sink.write("round\n");
    }
    const auto lines = lines_of(all);
    const auto kept = static_cast<int>(3000 - sink.lost());
    REQUIRE(lines.size() > static_cast<std::size_t>(kept));
    for (int n = 0; n < kept; ++n) CHECK(lines[static_cast<std::size_t>(n)] + "\n" == numbered(n, 1000));
  }
  ::close(both[0]);
  ::close(both[1]);
}

TEST_CASE("a reader that went away costs records and nothing else", "[log]") {
  const Folder folder;
  const auto log = make_log(to_file(folder.file("log")));  // sets what happens to SIGPIPE
  Pipe pipe;
  LogSink sink{pipe.write, loss};
  ::close(std::exchange(pipe.read, ::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  for (int n = 0; n < 1000; ++n) sink.write(numbered(n, 1000));
  CHECK(sink.lost() == 1000 - static_cast<std::int64_t>(LogSink::backlog_max / 1000));
}

TEST_CASE("what is still waiting at the end goes out when a reader comes", "[log]") {
  Pipe pipe;
  std::string all;
  std::thread reader;
  {
    LogSink sink{pipe.write, loss};
    for (int n = 0; n < 200; ++n) sink.write(numbered(n, 1000));  // more than a pipe holds, less than the backlog
    CHECK(sink.lost() == 0);
    ::close(std::exchange(pipe.write, -1));
    reader = std::thread([&] {
      char buffer[4096];
      for (ssize_t got; (got = ::read(pipe.read, buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<std::size_t>(got));
    });
  }
  reader.join();
  CHECK(lines_of(all).size() == 200);
}

TEST_CASE("records of many threads do not mix", "[log]") {
  const Folder folder;
  const auto log = make_log(to_file(folder.file("log")));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&log, t] {
      for (int n = 0; n < 200; ++n) log->info("e", {{"thread", t}, {"n", n}});
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(records_of(content(folder.file("log"))).size() == 800);
}

TEST_CASE("no descriptor of the log reaches a child", "[log]") {
  const auto inheritable = [] {
    int count = 0;
    for (int descriptor = 0; descriptor < 1024; ++descriptor) {
      const int flags = ::fcntl(descriptor, F_GETFD);
      count += flags >= 0 && (flags & FD_CLOEXEC) == 0 ? 1 : 0;
    }
    return count;
  };
  const int before = inheritable();
  const Folder folder;
  Pipe pipe;
  LogSink file{folder.file("log"), loss};
  const LogSink piped{pipe.write, loss};
  file.reopen();
  CHECK(inheritable() == before);
}

TEST_CASE("a silent log writes nothing and loses nothing", "[log]") {
  const auto log = make_silent_log();
  log->error("e", {{"n", 1}});
  log->reopen();
  CHECK(log->lost() == 0);
}

}  // namespace reeve::supervisor

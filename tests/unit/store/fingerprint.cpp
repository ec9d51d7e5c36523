#include "store/fingerprint.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "store/store.hpp"

namespace reeve::store {
namespace {

TaskError error(std::string message, std::string code = "failed") {
  TaskError made;
  made.code = std::move(code);
  made.message = std::move(message);
  return made;
}

bool are_one_fault(const std::string& a, const std::string& b) { return fingerprint_of(error(a)) == fingerprint_of(error(b)); }

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  return text;
}

}  // namespace

TEST_CASE("the same fault with other numbers, names and times has one fingerprint", "[fingerprint]") {
  CHECK(are_one_fault("row 17 is locked", "row 4711 is locked"));
  CHECK(are_one_fault("connect to 10.0.0.1:5432 refused", "connect to 192.168.17.4:80 refused"));
  CHECK(are_one_fault("connect to [fe80::1ff:fe23:4567:890a]:80 refused", "connect to [::1]:8080 refused"));
  CHECK(are_one_fault("order 6f9619ff-8b86-d011-b42d-00cf4fc964ff is gone", "order 0a1b2c3d-0000-4000-8000-abcdefabcdef is gone"));
  CHECK(are_one_fault("at 2026-11-21T20:25:28.123Z: too late", "at 2027-01-02T03:04:05Z: too late"));
  CHECK(are_one_fault("at 2026-11-21T20:25:28+01:00: too late", "at 2027-01-02T03:04:05Z: too late"));
  CHECK(are_one_fault("bad pointer 0x7ffd1234abcd", "bad pointer 0x55"));
  CHECK(are_one_fault("commit d670460b4b4aece5915caf5c68d12f560a9fe3e4 is missing", "commit 9a03468 is missing"));
  CHECK(are_one_fault("no file /tmp/job-17/part-3.csv", "no file /tmp/job-4/part-12.csv"));
  CHECK(are_one_fault("unknown name 'Müller' in \"orders\"", "unknown name 'O'Brien' in \"bills\""));
  CHECK(are_one_fault("took -5 s", "took 12.75 s"));
  CHECK(are_one_fault("rows [1, 2, 3] are gone", "rows [4] are gone"));
  CHECK(are_one_fault("timed out\n  after 10ms", "timed out after 250.5ms"));
}

TEST_CASE("other faults have other fingerprints", "[fingerprint]") {
  CHECK_FALSE(are_one_fault("row 17 is locked", "row 17 is gone"));
  CHECK_FALSE(are_one_fault("can't read it", "can't write it"));
  CHECK_FALSE(are_one_fault("", "x"));
  CHECK(fingerprint_of(error("m", "a")) != fingerprint_of(error("m", "b")));
  CHECK(fingerprint_of(error("b", "a")) != fingerprint_of(error("", "ab")));
  TaskError one = error("m"), other = error("m");
  one.exit_code = 1;
  other.exit_code = 2;
  CHECK(fingerprint_of(one) != fingerprint_of(other));
  other.exit_code.reset();
  other.signal = 1;
  CHECK(fingerprint_of(one) != fingerprint_of(other));
  TaskError same = one;
  same.detail = "{}";
  same.stderr_tail = "whatever";
  CHECK(fingerprint_of(one) == fingerprint_of(same));
}

TEST_CASE("of an exit the last line of stderr tells the fault", "[fingerprint]") {
  TaskError one = error("exit code 1", "exit"), other = one, third = one;
  one.stderr_tail = "Traceback\n  line 17\nKeyError: 'a'\n";
  other.stderr_tail = "KeyError: 'b'\n\n";
  third.stderr_tail = "Traceback\nValueError: 'a'\n";
  CHECK(fingerprint_of(one) == fingerprint_of(other));
  CHECK(fingerprint_of(one) != fingerprint_of(third));
}

TEST_CASE("what stays of a message can be read", "[fingerprint]") {
  CHECK(what_stays("row 17 of 'orders' is locked") == "row # of ? is locked");
  CHECK(what_stays("can't open it") == "can't open it");
  CHECK(what_stays("  a \t\n b  ") == "a b");
  CHECK(what_stays("worker12 v2") == "worker# v#");
  CHECK(what_stays("std::vector<int>::at") == "std::vector<int>::at");
  CHECK(what_stays("https://host-3.example.org:8080/a/17") == "https://host-#.example.org:#/a/#");
  CHECK(what_stays("").empty());
}

TEST_CASE("a fingerprint is 16 hexadecimal digits and stays what it is", "[fingerprint]") {
  // Stored ones must go on meaning the same fault: a change here needs a migration.
  CHECK(fingerprint_of(TaskError{}) == "8706f12ebf36a791");
  CHECK(fingerprint_of(error("row 17 is locked")) == "3597de1f3028826f");
  CHECK(is_fingerprint(fingerprint_of(TaskError{})));
  CHECK_FALSE(is_fingerprint("0123"));
  CHECK_FALSE(is_fingerprint("0123456789ABCDEF"));
}

TEST_CASE("hostile messages cost no more than others", "[fingerprint]") {
  const std::size_t size = 64 << 10;
  const auto begin = std::chrono::steady_clock::now();
  for (const char* piece : {"'a ", "\"", "'", "`x'\"", ":", "a:", "1:", "-", "0x", "f", "1", "1,", "1, ", " ", "\n", "\xff", "a1", "6f9619ff-", "#", "-1-", "'1"}) {
    const std::string text = repeated(piece, size);
    INFO(piece);
    CHECK(is_fingerprint(fingerprint_of(error(text))));
    CHECK(what_stays(text).size() <= message_looked_at);
    TaskError exit = error(text, "exit");
    exit.stderr_tail = text;
    CHECK(is_fingerprint(fingerprint_of(exit)));
  }
  CHECK(is_fingerprint(fingerprint_of(error(std::string(size, '\0')))));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{5});
  // What differs only behind the bytes that are looked at is one fault.
  CHECK(are_one_fault(repeated("x ", size) + "a", repeated("x ", size) + "b"));
}

}  // namespace reeve::store

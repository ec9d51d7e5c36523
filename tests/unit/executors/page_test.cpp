// The pages: what a body writes is heard, what it does to its page harms nobody.
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <csignal>
#include <limits>
#include <thread>

#include "executors/scoreboard/presence.hpp"
#include "executors/scoreboard/view.hpp"
#include "tests/unit/executors/scoreboard_folder.hpp"
#include "tests/conformance/executor/bench.hpp"

using namespace reeve::executors;
using namespace reeve::executors::scoreboard;
using namespace reeve::executors::testing;

namespace {

constexpr std::uint64_t untold = ~std::uint64_t{0};

// A page as its body sees it, by the offsets of docs/scoreboard.md.
class BodysPage {
 public:
  explicit BodysPage(std::string path) : path_(std::move(path)) {}
  void beat() { write_word(path_, 64, word_at(bytes_of(path_), 64) + 1); }
  void tell(std::uint64_t thousandths, double current, double total, std::string_view label) {
    begin();
    write_word(path_, 80, thousandths);
    write_double(path_, 88, current);
    write_double(path_, 96, total);
    write_text(path_, 104, std::string(128, '\0'));
    write_text(path_, 104, label);
    end();
  }
  void tell_percent(std::uint64_t thousandths) { tell(thousandths, nan, nan, {}); }
  void begin() { write_word(path_, 72, word_at(bytes_of(path_), 72) + 1); }
  void end() { begin(); }
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

 private:
  std::string path_;
};

struct PagePlace {
  ScratchFolder folder;
  std::shared_ptr<Scoreboard> scoreboard = std::make_shared<Scoreboard>(folder / "board", 4);
  PageLease page = scoreboard->page(ourselves());
  BodysPage body{page.path()};
};

Execution of_task(std::int64_t task) {
  Execution execution;
  execution.task = task;
  execution.epoch = 1;
  execution.kind = "k";
  return execution;
}

}  // namespace

TEST_CASE("a new page says nothing and names itself", "[page]") {
  PagePlace place;
  REQUIRE(place.page);
  const std::string bytes = bytes_of(place.page.path());
  REQUIRE(bytes.size() == 4096);
  CHECK(bytes.substr(0, 8) == "REEVEPG1");
  CHECK(word_at(bytes, 8) == 1);
  CHECK(word_at(bytes, 16) == 0);
  CHECK(word_at(bytes, 64) == 0);
  CHECK(word_at(bytes, 72) == 0);
  CHECK(word_at(bytes, 80) == untold);
  CHECK(bytes.substr(104) == std::string(4096 - 104, '\0'));
  CHECK(place.page.look() == Glance{});
  struct stat about {};
  REQUIRE(::stat(place.page.path().c_str(), &about) == 0);
  CHECK((about.st_mode & 07777) == 0600);
  REQUIRE(::stat(pages_of(place.folder / "board").c_str(), &about) == 0);
  CHECK((about.st_mode & 07777) == 0711);
}

TEST_CASE("beats and reports are seen", "[page]") {
  PagePlace place;
  place.body.beat();
  place.body.beat();
  CHECK(place.page.look().beats == 2);
  CHECK_FALSE(place.page.look().progress);
  place.body.tell(12'345, 3, 20, "Prüfung");
  const auto seen = place.page.look().progress;
  REQUIRE(seen);
  CHECK(seen->percent == 12.345);
  CHECK(seen->current == 3.0);
  CHECK(seen->total == 20.0);
  CHECK(seen->label == "Prüfung");
  place.body.tell(untold, BodysPage::nan, BodysPage::nan, "only words");
  CHECK_FALSE(place.page.look().progress->percent);
  CHECK(place.page.look().progress->label == "only words");
}

TEST_CASE("a report that is being written is not seen before it is whole", "[page]") {
  PagePlace place;
  place.body.tell_percent(1'000);
  (void)place.page.look();
  place.body.begin();
  write_word(place.page.path(), 80, 2'000);
  CHECK(place.page.look().progress->percent == 1.0);
  place.body.end();
  CHECK(place.page.look().progress->percent == 2.0);
}

TEST_CASE("what no message could say is as if it were not written", "[page][hostile]") {
  PagePlace place;
  place.body.tell_percent(1'000);
  REQUIRE(place.page.look().progress);
  const double infinity = std::numeric_limits<double>::infinity();
  place.body.tell_percent(100'001);
  CHECK(place.page.look().progress->percent == 1.0);
  for (const double odd : {infinity, -infinity, -1.0, 1.7e308}) {
    place.body.tell(50'000, odd, BodysPage::nan, {});
    CHECK(place.page.look().progress->percent == 1.0);
    place.body.tell(50'000, BodysPage::nan, odd, {});
    CHECK(place.page.look().progress->percent == 1.0);
  }
  for (const char* bad : {"\xFF", "\xC3", "ok\xED\xA0\x80"}) {
    place.body.tell(50'000, BodysPage::nan, BodysPage::nan, bad);
    CHECK(place.page.look().progress->percent == 1.0);
  }
  place.body.tell_percent(100'000);
  CHECK(place.page.look().progress->percent == 100.0);
}

TEST_CASE("a label that fills its field loses at most the character that did not fit", "[page]") {
  PagePlace place;
  place.body.tell(1'000, BodysPage::nan, BodysPage::nan, std::string(127, 'a') + "\xC3");
  CHECK(place.page.look().progress->label == std::string(127, 'a'));
  place.body.tell(2'000, BodysPage::nan, BodysPage::nan, std::string(128, 'b'));
  CHECK(place.page.look().progress->label == std::string(128, 'b'));
}

TEST_CASE("a page that is shortened or blown up keeps its last value, and is not used again", "[page][hostile]") {
  PagePlace place;
  place.body.beat();
  place.body.tell_percent(5'000);
  const Glance before = place.page.look();
  const auto size = GENERATE(0, 70, 200, 1 << 20);
  std::filesystem::resize_file(place.page.path(), static_cast<std::uintmax_t>(size));
  CHECK(place.page.look() == before);
  place.page.cancel(StopReason::cancel);
  const std::string old = place.page.path();
  place.page = {};
  place.page = place.scoreboard->page(ourselves());
  CHECK(place.page.path() != old);
  CHECK_FALSE(std::filesystem::exists(old));
  CHECK(place.page.look() == Glance{});
}

TEST_CASE("a page whose file was linked, opened to others or removed is not used again", "[page][hostile]") {
  PagePlace place;
  const std::string old = place.page.path();
  SECTION("linked") { std::filesystem::create_hard_link(old, place.folder / "link"); }
  SECTION("opened") { std::filesystem::permissions(old, std::filesystem::perms(0666)); }
  SECTION("removed") { std::filesystem::remove(old); }
  place.page = {};
  place.page = place.scoreboard->page(ourselves());
  CHECK(place.page.path() != old);
  CHECK(bytes_of(place.page.path()).size() == 4096);
}

TEST_CASE("the next body finds nothing of the last one", "[page]") {
  PagePlace place;
  place.body.beat();
  place.body.tell(7'000, 1, 2, "secret");
  write_text(place.page.path(), 3'000, "secret");
  place.page.cancel(StopReason::timeout);
  const std::string path = place.page.path();
  CHECK(word_at(bytes_of(path), 16) == 2);
  place.page = {};
  place.page = place.scoreboard->page(ourselves());
  CHECK(place.page.path() == path);
  CHECK(bytes_of(path).find("secret") == std::string::npos);
  CHECK(word_at(bytes_of(path), 16) == 0);
  CHECK(place.page.look() == Glance{});
}

TEST_CASE("a page belongs to the user of its body and to no other", "[page]") {
  if (::geteuid() != 0) {
    WARN("needs root");
    return;
  }
  PagePlace place;
  const Owner somebody{4321, 4321};
  place.page = {};   // free, but another user's
  PageLease page = place.scoreboard->page(somebody);
  struct stat about {};
  REQUIRE(::stat(page.path().c_str(), &about) == 0);
  CHECK(about.st_uid == 4321);
  CHECK(about.st_gid == 4321);
  CHECK((about.st_mode & 07777) == 0600);
  const std::string theirs = page.path();
  page = {};
  CHECK(place.scoreboard->page(ourselves()).path() != theirs);
  CHECK(place.scoreboard->page(somebody).path() == theirs);
}

TEST_CASE("pages are bounded, and one that is free makes room for another user's", "[page]") {
  ScratchFolder folder;
  const auto pages = std::make_shared<Pages>(folder / "pages", 2);
  PageLease one(pages, ourselves()), two(pages, ourselves());
  CHECK(one);
  CHECK(two);
  CHECK_FALSE(PageLease(pages, ourselves()));
  two = {};
  CHECK(PageLease(pages, ourselves()));
  if (::geteuid() == 0) CHECK(PageLease(pages, Owner{4321, 4321}));
}

TEST_CASE("a body that writes without a pause is never seen half", "[page][stress]") {
  PagePlace place;
  const int file = ::open(place.page.path().c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(file >= 0);
  auto* const words = static_cast<std::uint64_t*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  REQUIRE(words != MAP_FAILED);
  std::atomic<bool> over = false;
  std::thread body([&] {
    const auto store = [&](std::size_t at, std::uint64_t word) { std::atomic_ref(words[at / 8]).store(word, std::memory_order_seq_cst); };
    for (std::uint64_t n = 1; !over; ++n) {
      const double amount = static_cast<double>(n % 100'000);
      store(72, 2 * n - 1);
      store(80, n % 100'000);
      store(88, std::bit_cast<std::uint64_t>(amount));
      store(96, std::bit_cast<std::uint64_t>(amount));
      store(72, 2 * n);
      if (n % 16 == 0) std::this_thread::yield();
    }
  });
  int seen = 0;
  for (int round = 0; round < 200'000 || seen == 0; ++round) {
    const auto progress = place.page.look().progress;
    if (!progress || !progress->current) continue;   // caught in motion: the percentage alone
    ++seen;
    if (progress->current != progress->total || std::llround(*progress->percent * 1'000) != std::llround(*progress->current)) FAIL("a mixture of two reports");
  }
  over = true;
  body.join();
  ::munmap(words, 4096);
  ::close(file);
}

TEST_CASE("what an observer hears is shown, and passed on", "[presence]") {
  PagePlace place;
  Witness witness;
  Presence presence(place.scoreboard, "process", "k");
  presence.takes(of_task(5));
  const std::string path = presence.open_page(ourselves());
  ShownObserver shown(witness, presence);
  const auto row = [&] { return std::get<Sight>(read_board(place.folder / "board")).rows.at(0); };
  shown.started(77);
  presence.watched_by(shown);
  CHECK(witness.pids == std::vector<std::int64_t>{77});
  CHECK(row().pid == 77);
  CHECK(row().page == std::stoull(std::filesystem::path(path).filename()));
  ProgressReport report;
  report.percent = 30;
  shown.progress(report);
  CHECK(witness.reports.size() == 1);
  CHECK(row().percent == 30.0);

  const auto silent_since = row().last_sign;
  BodysPage body(path);
  body.beat();
  CHECK(witness.look().beats == 1);
  CHECK(row().last_sign > silent_since);
  body.tell_percent(40'000);
  CHECK(witness.look().progress->percent == 40.0);
  CHECK(row().percent == 40.0);

  presence.stopping(StopReason::shutdown);
  CHECK(row().stopping == StopReason::shutdown);
  CHECK(word_at(bytes_of(path), 16) == 4);
  presence.unwatched_by(shown);
  CHECK_FALSE(witness.look);
}

TEST_CASE("a worker's next task begins without the report of its last", "[presence]") {
  PagePlace place;
  Witness witness;
  Presence presence(place.scoreboard, "worker", "k");
  BodysPage body(presence.open_page(ourselves()));
  presence.born(5);
  presence.takes(of_task(1));
  presence.watched_by(witness);
  body.tell_percent(90'000);
  CHECK(witness.look().progress->percent == 90.0);
  presence.unwatched_by(witness);
  presence.is_idle();
  presence.takes(of_task(2));
  presence.watched_by(witness);
  CHECK_FALSE(witness.look().progress);
  body.tell_percent(90'000);
  CHECK(witness.look().progress->percent == 90.0);
}

TEST_CASE("a child process writes its page and is seen while it runs", "[presence][process]") {
  ScratchFolder folder;
  Options chosen = options();
  chosen.scoreboard = folder / "board";
  std::optional<Bench> bench(chosen);
  Execution execution = of_task(8);
  auto spec = std::make_shared<ProcessSpec>();
  spec->command = {"/usr/bin/python3", "-c",
                   "import mmap, os, struct\n"
                   "with open(os.environ['REEVE_SCOREBOARD'], 'r+b') as file: page = mmap.mmap(file.fileno(), 4096)\n"
                   "struct.pack_into('<Q', page, 64, 5)\n"
                   "struct.pack_into('<Q', page, 72, 1)\n"
                   "struct.pack_into('<Qdd', page, 80, 25000, 1.0, 4.0)\n"
                   "struct.pack_into('<Q', page, 72, 2)\n"
                   "print('told', flush=True)\n"
                   "while struct.unpack_from('<Q', page, 16)[0] == 0: pass\n"
                   "print('asked', struct.unpack_from('<Q', page, 16)[0])\n"};
  spec->env["PATH"] = "/usr/bin:/bin";
  spec->stop_signal = SIGCONT;   // the page alone tells it
  execution.process = spec;
  Witness witness;
  Brake brake;
  std::optional<Glance> seen;
  std::optional<Row> row;
  witness.react = [&] {
    if (seen || !witness.printed("told") || !witness.look) return;
    seen = witness.look();
    row = std::get<Sight>(read_board(folder / "board")).rows.at(0);
    brake.stop(StopReason::timeout);
  };
  bench->run("process", execution, witness, brake);
  REQUIRE(seen);
  CHECK(seen->beats == 5);
  CHECK(seen->progress->percent == 25.0);
  CHECK(row->state == State::running);
  CHECK(row->percent == 25.0);
  CHECK(row->task == 8);
  CHECK(row->pid == witness.pids.at(0));
  CHECK(witness.printed("asked 2"));
  CHECK_FALSE(witness.look);
  CHECK(std::get<Sight>(read_board(folder / "board")).rows.empty());
  bench.reset();
  CHECK(folder.empty());
}

TEST_CASE("without a scoreboard attempts run as ever and know of no page", "[presence][process]") {
  ScratchFolder folder;
  Options chosen = options();
  if (GENERATE(false, true)) chosen.scoreboard = folder / "missing" + "/board";
  Bench bench(chosen);
  Execution execution = of_task(8);
  auto spec = std::make_shared<ProcessSpec>();
  spec->command = {"/bin/sh", "-c", "echo ${REEVE_SCOREBOARD-none}"};
  execution.process = spec;
  Witness witness;
  Brake brake;
  const Outcome outcome = bench.run("process", execution, witness, brake);
  CHECK(std::holds_alternative<Succeeded>(outcome.end));
  CHECK(witness.printed("none"));
  CHECK_FALSE(witness.look);
  for (const Feature& feature : bench.executors->features())
    if (feature.name == "scoreboard") CHECK_FALSE(feature.available);
}

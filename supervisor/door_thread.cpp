#include "supervisor/door_thread.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <ctime>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "supervisor/door_outbox.hpp"
#include "supervisor/file_watch.hpp"
#include "supervisor/recheck.hpp"

namespace reeve::supervisor {
namespace {

constexpr std::chrono::seconds poll_without_watch{1};
constexpr std::chrono::seconds longest_for_store{1};
constexpr std::size_t inbox_key = 0;                   // outboxes follow

std::unique_ptr<FileWatch> make_watch(std::string& why) {
  try {
    return std::make_unique<FileWatch>();
  } catch (const std::system_error& error) {
    why = error.what();
    return nullptr;
  }
}

}  // namespace

class DoorThread::Work : public std::enable_shared_from_this<Work> {
 public:
  Work(boost::asio::any_io_executor loop, const Clock& clock, Plan plan, Tell tell)
      : loop_(std::move(loop)), clock_(clock), plan_(std::move(plan)), tell_(std::move(tell)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (bell_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
    for (const std::string& path : plan_.outboxes) outboxes_.emplace_back(outboxes_.size() + 1, path);
  }
  ~Work() { ::close(bell_); }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  void start() { thread_ = std::thread([this] { run(); }); }

  void stop() {
    stopping_ = true;
    wake();
    if (thread_.joinable()) thread_.join();
  }

  // To be done by the thread, between two looks.
  void later(std::function<void(Work&)> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake();
  }

  void stir_all() {
    inbox_.stirred(now());
    for (DoorOutbox& outbox : outboxes_) outbox.recheck.stirred(now());
  }

  void inbox_done(Inbox what) {
    asked_ = false;
    const bool again = std::exchange(stirred_meanwhile_, false);
    if (again || what == Inbox::had_rows) inbox_.stirred(now());
    else if (what == Inbox::was_empty) inbox_.saw_nothing(Recheck::Look::thorough, now());
    else inbox_.hindered(now(), longest_for_store);
    polled_ = now();
  }

  void rows_taken(std::size_t outbox, Taken what) {
    DoorOutbox& one = outboxes_.at(outbox);
    if (what == Taken::all) one.taken(now());
    else one.not_taken(now(), what == Taken::one_by_one);
  }

 private:
  [[nodiscard]] Moment now() const { return clock_.moment(); }
  void wake() const {
    const std::uint64_t one = 1;
    (void)!::write(bell_, &one, sizeof one);
  }

  void run() {
    pthread_setname_np(pthread_self(), "reeve-door");
    begin_watching();
    stir_all();
    while (!stopping_) {
      wait();
      do_jobs();
      hear();
      if (!stopping_) look_around();
    }
  }

  void begin_watching() {
    std::string why;
    watch_ = make_watch(why);
    bool watched = watch_ != nullptr;
    if (watched && plan_.peephole) {
      why = "cannot watch " + plan_.peephole->watched_file();
      watched = watch_->watch(inbox_key, {plan_.peephole->watched_file()});
    }
    if (watch_)
      for (const DoorOutbox& outbox : outboxes_) outbox.watch(*watch_);
    if (watched) return;
    unwatched_ = true;
    tell([why](Tell& to) { to.unwatched(why); });
  }

  [[nodiscard]] std::chrono::nanoseconds poll_every() const {
    const std::chrono::nanoseconds wanted = plan_.poll;
    if (!unwatched_) return wanted;
    return wanted.count() == 0 ? poll_without_watch : std::min<std::chrono::nanoseconds>(wanted, poll_without_watch);
  }

  [[nodiscard]] std::optional<Moment> next() const {
    std::optional<Moment> earliest;
    const auto consider = [&earliest](std::optional<Moment> at) {
      if (at && (!earliest || *at < *earliest)) earliest = at;
    };
    if (plan_.peephole && !asked_) consider(inbox_.next());
    if (poll_every().count() > 0 && !asked_) consider(polled_ + poll_every());
    for (const DoorOutbox& outbox : outboxes_) consider(outbox.recheck.next());
    return earliest;
  }

  void wait() const {
    pollfd sources[2] = {{bell_, POLLIN, 0}, {watch_ ? watch_->descriptor() : -1, POLLIN, 0}};
    const std::optional<Moment> until = next();
    timespec time{};
    if (until) {
      const auto left = std::max(std::chrono::nanoseconds{0}, *until - now());
      time.tv_sec = static_cast<time_t>(left / std::chrono::seconds{1});
      time.tv_nsec = static_cast<long>((left % std::chrono::seconds{1}).count());
    }
    ::ppoll(sources, 2, until ? &time : nullptr, nullptr);
  }

  void do_jobs() {
    std::uint64_t rung = 0;
    (void)!::read(bell_, &rung, sizeof rung);
    std::vector<std::function<void(Work&)>> jobs;
    {
      const std::lock_guard lock(mutex_);
      jobs.swap(jobs_);
    }
    for (const auto& job : jobs) job(*this);
  }

  void hear() {
    if (!watch_) return;
    for (const std::size_t key : watch_->news()) {
      if (key == inbox_key) {
        inbox_.stirred(now());
        stirred_meanwhile_ = asked_;                                  // the store thread may have looked just before
        watch_->watch(inbox_key, {plan_.peephole->watched_file()});   // in case it is another file now
      } else {
        outboxes_.at(key - 1).recheck.stirred(now());
        outboxes_.at(key - 1).watch(*watch_);
      }
    }
  }

  void look_around() {
    if (poll_every().count() > 0 && !asked_ && polled_ + poll_every() <= now()) {
      polled_ = now();
      stir_all();
    }
    look_at_inbox();
    for (std::size_t i = 0; i < outboxes_.size() && !stopping_; ++i) {
      const auto look = outboxes_[i].recheck.due(now());
      if (look) report(i, outboxes_[i].act(*look, now(), watch_.get()));
    }
  }

  // A thorough look is the store thread's: only it may wait for whoever is committing.
  void look_at_inbox() {
    if (!plan_.peephole || asked_) return;
    const auto look = inbox_.due(now());
    if (!look) return;
    bool waits = false;
    try {
      waits = plan_.peephole->somebody_waits();
    } catch (const std::exception&) {
      return inbox_.hindered(now(), longest_for_store);
    }
    if (!waits && *look == Recheck::Look::quick) return inbox_.saw_nothing(*look, now());
    inbox_.found(now());
    asked_ = true;
    tell([waits](Tell& to) { to.inbox(waits); });
  }

  void report(std::size_t outbox, DoorOutbox::News news) {
    if (news.trouble) tell([outbox, text = std::move(*news.trouble)](Tell& to) { to.trouble(outbox, text); });
    if (!news.gone.empty()) tell([outbox, gone = std::move(news.gone)](Tell& to) { to.gone(outbox, gone); });
    if (!news.rows.empty()) tell([outbox, rows = std::move(news.rows)](Tell& to) { to.rows(outbox, rows); });
  }

  // On the loop, and only as long as somebody wants to hear.
  template <class What>
  void tell(What what) {
    boost::asio::post(loop_, [self = shared_from_this(), what = std::move(what)] {
      if (!self->stopping_) what(self->tell_);
    });
  }

  boost::asio::any_io_executor loop_;
  const Clock& clock_;
  Plan plan_;
  Tell tell_;
  int bell_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_{};                                 // guards jobs_
  std::vector<std::function<void(Work&)>> jobs_{};

  // The thread's own.
  std::unique_ptr<FileWatch> watch_{};
  Recheck inbox_{};
  std::vector<DoorOutbox> outboxes_{};
  bool unwatched_ = false;
  Moment polled_{};
  bool asked_ = false;                                 // the store thread is taking rows in
  bool stirred_meanwhile_ = false;
  std::thread thread_{};
};

DoorThread::DoorThread(boost::asio::any_io_executor loop, const Clock& clock, Plan plan, Tell tell)
    : work_(std::make_shared<Work>(std::move(loop), clock, std::move(plan), std::move(tell))) {
  work_->start();
}

DoorThread::~DoorThread() { work_->stop(); }

void DoorThread::ring() {
  work_->later([](Work& work) { work.stir_all(); });
}

void DoorThread::inbox_done(Inbox what) {
  work_->later([what](Work& work) { work.inbox_done(what); });
}

void DoorThread::rows_taken(std::size_t outbox, Taken what) {
  work_->later([outbox, what](Work& work) { work.rows_taken(outbox, what); });
}

}  // namespace reeve::supervisor

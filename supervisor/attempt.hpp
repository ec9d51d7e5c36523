// One attempt, from its launch to the write that ends it.
//
// The frame of run_attempt() is the attempt: when it returns nothing of it is left, in the system or in memory. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string_view>

#include "executors/executor.hpp"
#include "handlers/handler.hpp"
#include "store/store.hpp"
#include "supervisor/core/resources.hpp"
#include "supervisor/attempt_journal.hpp"
#include "supervisor/attempt_requests.hpp"
#include "supervisor/clock.hpp"

namespace reeve::supervisor {

class Log;

// Hears what the body does: signs of life for the core, reports for the journal, faults for the log.
class AttemptObserver final : public executors::Observer {
 public:
  struct Hooks {
    std::function<void(std::int64_t pid)> started{};
    std::function<void()> alive{};
    std::function<void(executors::Ear*)> listening{};
    std::function<void(std::function<executors::Glance()>)> visible{};
  };
  AttemptObserver(AttemptJournal& journal, AttemptRequests& requests, Hooks hooks, Log& log, const store::Task& task, bool forward_output);

  void started(std::int64_t pid) override;
  void alive() override;
  void progress(executors::ProgressReport report) override;
  void output(executors::OutputLine line) override;
  void protocol_fault(std::string_view what) override;
  void request(executors::Request request, std::function<void(executors::Answer)> answer) override;
  void listening(executors::Ear* ear) override;
  void visible(std::function<executors::Glance()> look) override;
  [[nodiscard]] std::int64_t backlog_bytes() const override;
  void when_drained(std::function<void()> resume) override;

 private:
  AttemptJournal& journal_;
  AttemptRequests& requests_;
  Hooks hooks_;
  Log& log_;
  std::int64_t task_;
  std::int64_t epoch_;
  std::string kind_;
  bool forward_output_;
  int faults_logged_ = 0;
};

// What run_attempt() works with; everything outlives it.
struct AttemptContext {
  executors::Executor& executor;
  AttemptJournal& journal;
  AttemptRequests& requests;
  AttemptObserver& observer;
  executors::Brake& brake;
  const Clock& clock;
  Log& log;
  const std::function<double()>& dice;
  std::string token{};                       // speaks for this attempt over the API
  std::function<void()> ended{};             // no process of it is left
  Granted resources{};                       // what it may use
};

// Runs the body, decides what its end means, records it. Throws only a fatal StoreError.
boost::asio::awaitable<store::Finished> run_attempt(AttemptContext context, handlers::Handler handler, store::Task task);

}  // namespace reeve::supervisor

// The reader thread: answers lists, pages, logs and counts beside the writing, so that neither the loop nor a commit ever waits for a query.
//
// read() is called on the loop thread and resumes there. Its queue is bounded: above the bound read() fails with StoreError busy.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "store/reader.hpp"

namespace reeve::supervisor {

class ReaderThread {
 public:
  ReaderThread(boost::asio::any_io_executor loop, std::unique_ptr<store::Reader> reader, std::size_t queue_max = 4'096);
  ~ReaderThread();
  ReaderThread(const ReaderThread&) = delete;
  ReaderThread& operator=(const ReaderThread&) = delete;

  // Runs work(Reader&) on the reader thread. Rethrows what it threw.
  template <class Work>
  auto read(Work work) -> boost::asio::awaitable<std::invoke_result_t<Work&, store::Reader&>> {
    using Answer = std::invoke_result_t<Work&, store::Reader&>;
    using Kept = std::conditional_t<std::is_void_v<Answer>, std::monostate, Answer>;
    std::optional<Kept> answer{};
    auto call = [&work, &answer](store::Reader& reader) {
      if constexpr (std::is_void_v<Answer>) {
        work(reader);
        answer.emplace();
      } else {
        answer.emplace(work(reader));
      }
    };
    std::exception_ptr failed{};
    Call erased{&call, [](void* target, store::Reader& reader) { (*static_cast<decltype(call)*>(target))(reader); }};
    co_await submit(erased, &failed);
    if (failed) std::rethrow_exception(failed);
    if constexpr (!std::is_void_v<Answer>) co_return std::move(*answer);
  }

  // Answers what is queued and stops. Blocks. Idempotent.
  void stop();

 private:
  struct Call {
    void* target = nullptr;
    void (*invoke)(void*, store::Reader&) = nullptr;
  };
  struct Job;
  template <class Handler>
  struct Awaited;
  boost::asio::awaitable<void> submit(Call call, std::exception_ptr* failed);
  void work();

  boost::asio::any_io_executor loop_;
  std::unique_ptr<store::Reader> reader_;
  std::size_t queue_max_;
  std::mutex mutex_{};
  std::condition_variable arrived_{};
  std::deque<std::unique_ptr<Job>> queue_{};
  bool stopping_ = false;
  std::thread thread_{};
};

}  // namespace reeve::supervisor

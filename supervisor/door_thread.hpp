// The door thread: hears that files were written, looks whether rows lie in them, and deletes what was taken from the outboxes of applications.
//
// It waits in one poll(): for the kernel, for the loop, for the moment of the next look. When nothing is written it does not wake. It never
// waits for a lock of another program: it comes again. What it finds it tells the loop; the store thread takes the rows in.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/door.hpp"
#include "supervisor/clock.hpp"

namespace reeve::supervisor {

class DoorThread {
 public:
  // Each is called on the loop. `outbox` is an index into Plan::outboxes.
  struct Tell {
    std::function<void(bool rows_were_seen)> inbox{};                                 // look and take; answer with inbox_done()
    std::function<void(std::size_t outbox, std::vector<store::DoorRow> rows)> rows{};  // take; answer with rows_taken()
    std::function<void(std::size_t outbox, std::vector<std::string> tokens)> gone{};   // deleted from the file, durably
    std::function<void(std::size_t outbox, std::string trouble)> trouble{};            // empty: all is well again
    std::function<void(std::string why)> unwatched{};                                  // the kernel gives no watch: it looks by the clock
  };

  struct Plan {
    std::unique_ptr<store::Peephole> peephole{};   // null: there is no inbox
    store::Millis poll{0};                         // a thorough look this often although nothing stirs; 0: never
    std::vector<std::string> outboxes{};
  };

  // Starts the thread; the first look is at once.
  DoorThread(boost::asio::any_io_executor loop, const Clock& clock, Plan plan, Tell tell);
  // Stops it; it tells nothing more after that. Blocks for the length of one look.
  ~DoorThread();
  DoorThread(const DoorThread&) = delete;
  DoorThread& operator=(const DoorThread&) = delete;

  // Any thread.
  void ring();                                     // somebody has written: look now
  enum class Inbox { had_rows, was_empty, not_now };
  void inbox_done(Inbox what);
  enum class Taken { all, not_now, one_by_one };   // one_by_one: they could not be taken together
  void rows_taken(std::size_t outbox, Taken what);

 private:
  class Work;
  std::shared_ptr<Work> work_;
};

}  // namespace reeve::supervisor

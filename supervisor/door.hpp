// The SQL door of a daemon: rows that other programs write into the inbox, or into outboxes of their own, become tasks.
//
// The door thread finds them, the store thread takes them in, this says who is next. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/door.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/door_pass.hpp"

namespace reeve::supervisor {

class Log;
class StoreThread;
class Supervisor;

// For status and doctor.
struct OutboxStatus {
  std::string path{};
  std::string trouble{};                         // empty: all is well
  std::int64_t taken = 0;                        // rows since start
  std::int64_t refused = 0;
};

struct DoorStatus {
  bool open = false;                             // the inbox is looked after
  std::int64_t taken = 0;                        // rows of the inbox since start
  std::int64_t refused = 0;
  std::vector<OutboxStatus> outboxes{};
};

// Takes in what already lies in the inbox, before the daemon serves: at most `most` rows. Logs what it refuses.
void take_what_lies_there(store::Store& store, const Judge& judge, const Clock& clock, Log& log, int most);

class Door {
 public:
  struct Parts {
    boost::asio::any_io_executor loop;
    StoreThread& store;
    Supervisor& supervisor;
    const Clock& clock;
    Log& log;
    std::function<Judge()> judge{};              // with the declarations in force now; rows of outboxes are told by their source
  };

  struct Options {
    bool inbox = true;
    store::Millis poll{0};
    std::vector<std::string> outboxes{};
  };

  // `peephole`: null when the store has no inbox that others can reach.
  Door(Parts parts, Options options, std::unique_ptr<store::Peephole> peephole);
  ~Door();

  // From now on rows are taken; close() ends that, for a daemon that is stopping.
  void open();
  void close();

  // Somebody says that he has written.
  void ring();

  [[nodiscard]] DoorStatus status() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace reeve::supervisor

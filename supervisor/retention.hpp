// Lets go of what the policy no longer keeps, in the background.
//
// A pass is a row of pieces, each a small operation of the store thread with a pause behind it, so that claims and ends go between. One pass
// follows the start, one follows work (an interval after it, however much work there was), and one comes when time alone lets something go.
// When there is nothing that time could let go there is no timer, and an idle daemon does not wake. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <optional>

#include "store/store.hpp"
#include "supervisor/clock.hpp"

namespace reeve::supervisor {

class Log;
class StoreThread;

class Retention {
 public:
  Retention(boost::asio::any_io_executor loop, StoreThread& store, Clock& clock, Log& log, store::RetentionPolicy policy, store::Millis interval);

  [[nodiscard]] const store::RetentionPolicy& policy() const { return policy_; }
  void change(const store::RetentionPolicy& policy, store::Millis interval);
  void begin();        // the first pass, now
  void work_done();    // something has ended: a pass soon, unless one is on its way
  void stop();         // for good; a piece that is under way is the last one

 private:
  void wake_at(Moment moment);
  void pass();
  void piece();
  void took(const std::exception_ptr& failed, const store::RetentionReport* report);
  void pass_is_over();
  void tell();

  StoreThread& store_;
  Clock& clock_;
  Log& log_;
  store::RetentionPolicy policy_;
  store::Millis interval_;
  boost::asio::steady_timer timer_;
  std::optional<Moment> wakes_{};            // the timer's moment
  bool in_pass_ = false;
  bool under_way_ = false;                   // a piece of it
  bool stopped_ = false;
  bool again_ = false;                       // asked for while a pass was under way
  bool told_too_large_ = false;
  int rows_;                                 // of each sort in the next piece
  Moment piece_begun_{};
  store::RetentionReport so_far_{};
};

}  // namespace reeve::supervisor

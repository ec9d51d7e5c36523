// The pages of the scoreboard: a small file for each body, which the body alone writes - a sign of life or a progress report without a system
// call - and in which the daemon tells it that it should stop (docs/scoreboard.md).
//
// Whoever may write a file may shorten it, and a mapping of a shortened file ends its reader. So the daemon never maps a page: it reads and
// writes it through a descriptor. Nothing a body does to its page costs more than what that body wanted to tell. Loop thread only.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "executors/executor.hpp"
#include "executors/process/descriptor.hpp"
#include "executors/scoreboard/layout.hpp"

namespace reeve::executors::scoreboard {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
  bool operator==(const Owner&) const = default;
};

// The user that this process runs as.
[[nodiscard]] Owner ourselves();

// The files, kept open and used again: by the same user only, who could still hold an old one open.
class Pages {
 public:
  struct File {
    process::Descriptor fd{};
    std::uint64_t number = 0;
    Owner owner{};
  };

  // Makes the folder (0711: other users pass, nobody lists), takes a lock on it, and removes what a dead daemon left there. At most `most` files.
  Pages(std::string folder, std::size_t most);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  [[nodiscard]] bool kept() const { return static_cast<bool>(lock_); }
  [[nodiscard]] const std::string& why() const { return why_; }     // when there is no folder

  // Has so many files for this owner at hand, so that the first bodies cost no more than later ones.
  void prepare(Owner owner, std::size_t count);
  // A file that its owner may write, written anew. Without a descriptor: there is none to be had.
  [[nodiscard]] File take(Owner owner);
  void give_back(File file);
  [[nodiscard]] std::string path_of(std::uint64_t number) const { return folder_ + "/" + std::to_string(number); }

 private:
  [[nodiscard]] File find(Owner owner);
  [[nodiscard]] File make(Owner owner);
  void remove(File file);
  void remove_all();

  std::string folder_;
  std::size_t most_;
  std::string why_{};
  process::Descriptor lock_{};
  std::vector<File> free_{};
  std::size_t in_use_ = 0;
  std::uint64_t last_ = 0;
};

// One body's page, for as long as this lives. A default one is none.
class PageLease {
 public:
  PageLease() = default;
  PageLease(std::shared_ptr<Pages> pages, Owner owner);
  PageLease(PageLease&&) noexcept = default;
  PageLease& operator=(PageLease&& other) noexcept;
  ~PageLease();

  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(file_.fd); }
  [[nodiscard]] std::uint64_t number() const { return file_.number; }   // 0: none
  [[nodiscard]] std::string path() const;                                // empty: none
  void cancel(StopReason reason);

  // What the body last wrote: consistent, and a report only if a progress message could say the same. What is not so is as if it had not been
  // written. One read of the file; three when there is a new report.
  [[nodiscard]] const Glance& look();
  void forget_report() { seen_.progress.reset(); }   // it belongs to an attempt that is over; one that comes later counts

 private:
  [[nodiscard]] bool read(void* into, std::size_t bytes, std::size_t at) const;
  enum class Reading { whole, in_motion, nothing };   // in motion: it was written to all the while, by somebody who lives
  [[nodiscard]] Reading read_consistently(Told& told) const;
  void give_back();

  std::shared_ptr<Pages> pages_{};   // of the scoreboard and of each page that is in use
  Pages::File file_{};
  std::uint64_t sequence_ = 0;       // of the report in seen_
  Glance seen_{};
};

}  // namespace reeve::executors::scoreboard

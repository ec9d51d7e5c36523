#include "executors/scoreboard/page.hpp"

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "executors/utf8.hpp"

namespace reeve::executors::scoreboard {
namespace {

constexpr int most_readings = 8;        // for a body that writes while it is read
constexpr double huge = 1e308;       // as for the numbers of a progress message

// Nothing: not told. False: no number that a message could say.
bool read_amount(double value, std::optional<double>& into) {
  if (std::isnan(value)) return true;
  if (!(value >= 0 && value <= huge)) return false;
  into = value;
  return true;
}

// A label that fills its field may be cut within its last character.
std::string_view whole_characters(std::string_view bytes) {
  for (std::size_t cut = 0; cut < 4 && cut <= bytes.size(); ++cut)
    if (const auto head = bytes.substr(0, bytes.size() - cut); is_utf8(head)) return head;
  return bytes;
}

std::optional<ProgressReport> report_in(const Told& told) {
  ProgressReport report;
  if (told.percent != not_told) {
    if (told.percent > 100 * static_cast<std::uint64_t>(thousandths)) return std::nullopt;
    report.percent = static_cast<double>(told.percent) / thousandths;
  }
  if (!read_amount(told.current, report.current) || !read_amount(told.total, report.total)) return std::nullopt;
  const std::string_view label = text_in(told.label);
  const std::string_view shown = label.size() == told.label.size() ? whole_characters(label) : label;
  if (!is_utf8(shown)) return std::nullopt;
  report.label = shown;
  if (report == ProgressReport{}) return std::nullopt;
  return report;
}

}  // namespace

PageLease::PageLease(std::shared_ptr<Pages> pages, Owner owner) : pages_(std::move(pages)), file_(pages_->take(owner)) {}

PageLease& PageLease::operator=(PageLease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  pages_ = std::move(other.pages_);
  file_ = std::move(other.file_);
  sequence_ = other.sequence_;
  seen_ = std::move(other.seen_);
  return *this;
}

PageLease::~PageLease() { give_back(); }

void PageLease::give_back() {
  if (*this) pages_->give_back(std::move(file_));
}

std::string PageLease::path() const { return *this ? pages_->path_of(file_.number) : std::string(); }

// A page that cannot be written any more is one whose body does not want to know.
void PageLease::cancel(StopReason reason) {
  const std::uint64_t word = static_cast<std::uint64_t>(reason) + 1;
  if (*this && ::pwrite(file_.fd.get(), &word, sizeof word, offsetof(Page, cancel)) != sizeof word) return;
}

bool PageLease::read(void* into, std::size_t bytes, std::size_t at) const {
  return ::pread(file_.fd.get(), into, bytes, static_cast<off_t>(at)) == static_cast<ssize_t>(bytes);
}

// Nobody wrote between two equal, even sequences. That one read of the kernel copies from front to back is not promised: so they are read apart.
PageLease::Reading PageLease::read_consistently(Told& told) const {
  constexpr std::size_t at = offsetof(Page, told.sequence);
  std::optional<std::uint64_t> first;
  bool moves = false;
  for (int tries = 0; tries < most_readings; ++tries) {
    std::uint64_t before = 0, after = 0;
    if (!read(&before, sizeof before, at)) return Reading::nothing;
    std::atomic_thread_fence(std::memory_order_acquire);
    if (!read(&told, sizeof told, offsetof(Page, told))) return Reading::nothing;
    std::atomic_thread_fence(std::memory_order_acquire);
    if (!read(&after, sizeof after, at)) return Reading::nothing;
    if (before == after && before % 2 == 0 && told.sequence == before) return Reading::whole;
    moves |= after != first.value_or(before);
    first = first.value_or(before);
  }
  return moves ? Reading::in_motion : Reading::nothing;
}

const Glance& PageLease::look() {
  Told told;
  if (!*this || !read(&told, sizeof told, offsetof(Page, told))) return seen_;
  seen_.beats = told.beats;
  if (told.sequence == sequence_) return seen_;
  const Reading reading = read_consistently(told);
  if (reading == Reading::nothing) return seen_;
  if (reading == Reading::in_motion) {   // it never pauses between two reports: one number by itself is never torn
    Told only;
    only.percent = told.percent;
    only.current = only.total = std::numeric_limits<double>::quiet_NaN();
    told = only;
  } else {
    sequence_ = told.sequence;
  }
  if (auto report = report_in(told)) seen_.progress = std::move(report);
  return seen_;
}

}  // namespace reeve::executors::scoreboard

#include "executors/protocol/outbox.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace reeve::executors::protocol {

namespace asio = boost::asio;

struct Outbox::Owner {
  Outbox* box = nullptr;
};

Outbox::Outbox(asio::posix::stream_descriptor& socket, std::size_t most_bytes, std::function<void()> overflown)
    : socket_(socket), most_bytes_(most_bytes), overflown_(std::move(overflown)), owner_(std::make_shared<Owner>()) {
  owner_->box = this;
}

Outbox::~Outbox() { owner_->box = nullptr; }

void Outbox::say(std::string_view line) { put(line, most_bytes_); }

void Outbox::put(std::string_view line, std::size_t most_bytes) {
  if (deaf_ || !socket_.is_open()) return;
  const bool was_waiting = waiting() > 0;
  if (!was_waiting) line.remove_prefix(send_now(line));
  if (line.empty() || deaf_) return;
  if (most_bytes > 0 && waiting() + line.size() > most_bytes) {
    deaf_ = true;
    return overflown_();
  }
  waiting_.append(line);
  if (!was_waiting) send_later();
}

// How much the socket took.
std::size_t Outbox::send_now(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const auto count = ::send(socket_.native_handle(), bytes.data() + taken, bytes.size() - taken, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      taken += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      deaf_ = errno != EAGAIN && errno != ENOBUFS;
      break;
    }
  }
  return taken;
}

void Outbox::send_later() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_write, [owner = owner_](boost::system::error_code error) {
    Outbox* box = owner->box;
    if (error || box == nullptr) return;
    box->sent_ += box->send_now(std::string_view(box->waiting_).substr(box->sent_));
    if (box->deaf_ || box->waiting() == 0) {
      box->waiting_.clear();
      box->sent_ = 0;
    } else {
      box->send_later();
    }
  });
}

}  // namespace reeve::executors::protocol

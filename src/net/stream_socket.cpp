// The life of a stream socket, its options, and the bytes that were read but not wanted yet. How
// reads and writes are awaited is in stream_awaiters.cpp.
#include <algorithm>
#include <cstring>
#include <utility>

#include <rondo/net/stream_socket.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/task/crew.hpp>

#include "net/kept_bytes.hpp"

namespace rondo {

void stream_socket::close() noexcept {
  if (loop_ != nullptr && fd_ >= 0) {
    loop_->close(std::exchange(fd_, -1));
  } else {
    os::fd(std::exchange(fd_, -1)).reset();
  }
  delete std::exchange(kept_, nullptr);
  while (awaited_ != nullptr) {
    awaited_->stream_ = nullptr;
    awaited_ = awaited_->next_;
  }
}

/// One thread accepts for all. If its loop served all streams, the others would only steal what
/// these make ready, and wait for that one loop with each operation.
loop& stream_socket::new_home(const task_context& user) noexcept {
  crew* const team = user.moves() ? user.runs_on().member_of() : nullptr;
  return team != nullptr ? loop_of(team->next_home()) : loop_of(user);
}

void stream_socket::take_awaited(stream_socket& other) noexcept {
  awaited_ = std::exchange(other.awaited_, nullptr);
  for (stepwise_awaiter* a = awaited_; a != nullptr; a = a->next_) a->stream_ = this;
}

result<void> stream_socket::shutdown(os::direction which) noexcept {
  const int outcome = os::shutdown(fd_, which);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "shutdown"));
  return {};
}

result<void> stream_socket::set_option(os::option which, int value) noexcept {
  const int outcome = os::set_option(fd_, which, value);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "set a socket option"));
  return {};
}

result<int> stream_socket::option(os::option which) const noexcept {
  int value = 0;
  const int outcome = os::get_option(fd_, which, value);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "read a socket option"));
  return value;
}

// Bytes that were read and not wanted yet
// -----------------------------------------------------------

void stream_socket::unread(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const std::size_t behind = kept_ != nullptr ? kept_->size() : 0;
  owned<kept_bytes> joined(new kept_bytes(bytes.size() + behind));
  std::memcpy(joined->begin, bytes.data(), bytes.size());
  if (behind > 0) std::memcpy(joined->begin + bytes.size(), kept_->begin, behind);
  delete kept_;
  kept_ = joined.release();
}

std::size_t stream_socket::take_kept(std::byte* into, std::size_t room) noexcept {
  const std::size_t count = std::min(room, kept_->size());
  if (count > 0)
    std::memcpy(into, kept_->begin, count);  // `into` may be null where there is no room
  kept_->begin += count;
  if (kept_->size() == 0) delete std::exchange(kept_, nullptr);
  return count;
}

}  // namespace rondo

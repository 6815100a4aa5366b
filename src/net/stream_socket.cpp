// The life of a stream socket, and the bytes that were read but not wanted yet. How reads and
// writes are awaited is in stream_awaiters.cpp.
#include <algorithm>
#include <cstring>
#include <utility>

#include <rondo/net/stream_socket.hpp>
#include <rondo/os/errors.hpp>

#include "net/kept_bytes.hpp"

namespace rondo {

void stream_socket::close() noexcept {
  close_descriptor();
  delete std::exchange(kept_, nullptr);
  while (awaited_ != nullptr) {
    awaited_->stream_ = nullptr;
    awaited_ = awaited_->next_;
  }
}

void stream_socket::take_awaited(stream_socket& other) noexcept {
  awaited_ = std::exchange(other.awaited_, nullptr);
  for (stepwise_awaiter* a = awaited_; a != nullptr; a = a->next_) a->stream_ = this;
}

result<void> stream_socket::shutdown(os::direction which) noexcept {
  const int outcome = os::shutdown(descriptor(), which);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "shutdown"));
  return {};
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

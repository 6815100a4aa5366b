#pragma once

#include <cstdint>
#include <span>

#include <rondo/base/time.hpp>

namespace rondo::io {

/// What one wants to hear, or has heard, of a descriptor.
enum class interest : std::uint8_t {
  none = 0,
  read = 1,
  write = 2,
  both = 3,
  /// Heard only, never wanted, always beside the others: the peer will send no more, or the
  /// descriptor has failed. An edge-triggered poller tells that once, so whoever reads goes on
  /// until the read itself tells it.
  ended = 4,
};

/// Interests are sets of bits; these are their union, intersection and complement.
constexpr interest operator|(interest a, interest b) noexcept {
  return static_cast<interest>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr interest operator&(interest a, interest b) noexcept {
  return static_cast<interest>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
constexpr interest operator~(interest a) noexcept {
  return static_cast<interest>(~static_cast<unsigned>(a) & 7u);
}
constexpr bool any(interest a) noexcept {
  return a != interest::none;
}

/// One descriptor that is ready, and for what.
struct readiness {
  int fd;  ///< possibly one that is watched no more: the reader ignores those
  interest what;
};

/// The least that select, poll and epoll have in common. Thread: one, but for `wake`.
class poller {
 public:
  virtual ~poller() = default;

  /// Watches `fd` for `want` (not none) from now on, replacing what was watched before (`before`,
  /// none for a new one). 0 or a negated errno (select: a number of FD_SETSIZE or more).
  virtual int watch(int fd, interest before, interest want) noexcept = 0;

  /// Stops watching. Where an edge-triggered poller is told, the descriptor is closed next.
  virtual void forget(int fd) noexcept = 0;

  /// Waits as `backend::wait` does and writes what is ready, as much as `ready` has room for; the
  /// rest is told by the next calls. Wakes are absorbed, not reported. How many were written (0
  /// where the wait was interrupted) or a negated errno.
  virtual int wait(duration timeout, std::span<readiness> ready) noexcept = 0;

  /// Any thread.
  virtual void wake() noexcept = 0;

  /// True: reports each change once, so a descriptor is watched once for both directions and
  /// whoever is told must read or write until it would block. False: reports a state, again and
  /// again.
  virtual bool edge_triggered() const noexcept = 0;

  virtual const char* name() const noexcept = 0;
};

}  // namespace rondo::io

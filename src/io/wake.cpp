// What the three pollers share: the eventfd that wakes them, and the rounding of time.
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "io/pollers.hpp"

namespace rondo::io {

int open_wake_descriptor() noexcept {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

void signal_wake(int fd) noexcept {
  const uint64_t one = 1;
  // It can only fail where the count is at its end, and then the descriptor is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
}

void absorb_wake(int fd) noexcept {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = ::read(fd, &count, sizeof count);
}

int to_milliseconds(duration timeout) noexcept {
  if (timeout == duration::max()) return -1;
  if (timeout <= duration()) return 0;
  const int64_t ms = (timeout.count_ns() - 1) / 1'000'000 + 1;
  return ms < INT_MAX ? static_cast<int>(ms) : INT_MAX;
}

}  // namespace rondo::io

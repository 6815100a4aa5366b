// epoll, edge-triggered: each descriptor is told to the kernel once in its life, so a request costs
// one wait, one read and one write.
#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <utility>

#include <rondo/base/sanitizers.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>

#include "io/pollers.hpp"

namespace rondo::io {
namespace {

constexpr int batch = 256;

// The C library's waits are points of cancellation, which cost two atomic operations each in a
// process of several threads (src/os/direct_calls.hpp says more).
#if RONDO_SANITIZED
using ::epoll_pwait2;
using ::epoll_wait;
#else
int epoll_wait(int fd, epoll_event* events, int most, int milliseconds) noexcept {
  return static_cast<int>(
      ::syscall(SYS_epoll_pwait, fd, events, most, milliseconds, nullptr, std::size_t{0}));
}

int epoll_pwait2(int fd, epoll_event* events, int most, const timespec* timeout,
                 const sigset_t* mask) noexcept {
  return static_cast<int>(
      ::syscall(SYS_epoll_pwait2, fd, events, most, timeout, mask, std::size_t{0}));
}
#endif

interest to_interest(std::uint32_t events) noexcept {
  unsigned what = (events & EPOLLIN) != 0 ? 1 : 0;
  what |= (events & EPOLLOUT) != 0 ? 2 : 0;
  // The peer's end is something to read; a failure is for whoever comes first.
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) [[unlikely]] {
    what |= (events & (EPOLLHUP | EPOLLERR)) != 0 ? 7 : 5;
  }
  return static_cast<interest>(what);
}

class epoll_poller final : public poller {
 public:
  epoll_poller(os::fd set, os::fd wake) noexcept : set_(std::move(set)), wake_(std::move(wake)) {}

  int watch(int fd, interest before, interest want) noexcept override {
    epoll_event event = {};
    event.events = EPOLLET | EPOLLRDHUP;
    if (any(want & interest::read)) event.events |= EPOLLIN;
    if (any(want & interest::write)) event.events |= EPOLLOUT;
    event.data.fd = fd;
    int how = any(before) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (::epoll_ctl(set_.get(), how, fd, &event) == 0) return 0;
    if (errno != EEXIST) return -errno;
    // Forgotten and closed, but kept by a copy, which has now come back under the same number.
    how = EPOLL_CTL_MOD;
    return ::epoll_ctl(set_.get(), how, fd, &event) == 0 ? 0 : -errno;
  }

  /// The close that follows takes it out of the set. Where a copy of the descriptor lives on (in a
  /// forked child), it stays, and what is told of it is ignored: not worth a system call for each
  /// connection.
  void forget(int) noexcept override {}

  int wait(duration timeout, std::span<readiness> ready) noexcept override {
    const int most = ready.size() < batch ? static_cast<int>(ready.size()) : batch;
    const int count = wait_for_events(timeout, most);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    readiness* next = ready.data();
    for (int i = 0; i < count; ++i) {
      const int fd = events_[i].data.fd;
      // Edge-triggered, each wake is told although nobody reads the count.
      if (fd == wake_.get()) [[unlikely]]
        continue;
      *next++ = {fd, to_interest(events_[i].events)};
    }
    return static_cast<int>(next - ready.data());
  }

  void wake() noexcept override { signal_wake(wake_.get()); }
  bool edge_triggered() const noexcept override { return true; }
  const char* name() const noexcept override { return "epoll"; }

 private:
  int wait_for_events(duration timeout, int most) noexcept {
    const bool fraction = timeout != duration::max() && timeout.count_ns() % 1'000'000 != 0;
    if (fraction && has_nanoseconds_ && timeout > duration()) {
      timespec t = {};
      t.tv_sec = timeout.count_ns() / 1'000'000'000;
      t.tv_nsec = timeout.count_ns() % 1'000'000'000;
      const int count = io::epoll_pwait2(set_.get(), events_, most, &t, nullptr);
      if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
      has_nanoseconds_ = false;  // Linux before 5.11, or a sandbox older than the call
    }
    return io::epoll_wait(set_.get(), events_, most, to_milliseconds(timeout));
  }

  os::fd set_;
  os::fd wake_;
  bool has_nanoseconds_ = true;
  epoll_event events_[batch];
};

}  // namespace

result<owned<poller>> make_epoll_poller() {
  os::fd set(::epoll_create1(EPOLL_CLOEXEC));
  if (!set) return std::unexpected(os::make_error(os::last_error(), "epoll_create1"));
  os::fd wake(open_wake_descriptor());
  if (!wake) return std::unexpected(os::make_error(wake.get(), "eventfd"));
  const int wake_number = wake.get();
  owned<epoll_poller> made = make_owned<epoll_poller>(std::move(set), std::move(wake));
  if (const int added = made->watch(wake_number, interest::none, interest::read); added < 0) {
    return std::unexpected(os::make_error(added, "epoll_ctl"));
  }
  return made;
}

}  // namespace rondo::io

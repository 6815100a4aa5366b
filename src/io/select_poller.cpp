// select: three sets of 1,024 bits, and no way beyond. What every system has.
#include <errno.h>
#include <sys/select.h>
#include <time.h>

#include <utility>

#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>

#include "io/pollers.hpp"

namespace rondo::io {
namespace {

class select_poller final : public poller {
 public:
  explicit select_poller(os::fd wake) noexcept : wake_(std::move(wake)), highest_(wake_.get()) {
    FD_ZERO(&read_);
    FD_ZERO(&write_);
    FD_SET(wake_.get(), &read_);
  }

  int watch(int fd, interest, interest want) noexcept override {
    if (fd >= FD_SETSIZE) return -EMFILE;  // FD_SET would write behind the set
    FD_CLR(fd, &read_);
    FD_CLR(fd, &write_);
    if (any(want & interest::read)) FD_SET(fd, &read_);
    if (any(want & interest::write)) FD_SET(fd, &write_);
    if (fd > highest_) highest_ = fd;
    return 0;
  }

  void forget(int fd) noexcept override {
    FD_CLR(fd, &read_);
    FD_CLR(fd, &write_);
    while (!FD_ISSET(highest_, &read_) && !FD_ISSET(highest_, &write_)) --highest_;
  }

  int wait(duration timeout, std::span<readiness> ready) noexcept override {
    timespec t = {};
    t.tv_sec = timeout.count_ns() / 1'000'000'000;
    t.tv_nsec = timeout.count_ns() % 1'000'000'000;
    fd_set readable = read_;
    fd_set writable = write_;
    int left = ::pselect(highest_ + 1, &readable, &writable, nullptr,
                         timeout == duration::max() ? nullptr : &t, nullptr);
    if (left < 0) return errno == EINTR ? 0 : -errno;
    if (left > 0 && FD_ISSET(wake_.get(), &readable)) {
      absorb_wake(wake_.get());
      FD_CLR(wake_.get(), &readable);
      --left;
    }
    // Goes on where the last one ended: with more to tell than `ready` holds, nobody is left out.
    std::size_t told = 0;
    for (int seen = 0; seen <= highest_ && left > 0; ++seen) {
      if (++next_ > highest_) next_ = 0;
      const bool may_read = FD_ISSET(next_, &readable);
      const bool may_write = FD_ISSET(next_, &writable);
      if (!may_read && !may_write) continue;
      if (told == ready.size()) break;
      ready[told++] = {next_, (may_read ? interest::read : interest::none) |
                                  (may_write ? interest::write : interest::none)};
      left -= (may_read ? 1 : 0) + (may_write ? 1 : 0);
    }
    return static_cast<int>(told);
  }

  void wake() noexcept override { signal_wake(wake_.get()); }
  bool edge_triggered() const noexcept override { return false; }
  const char* name() const noexcept override { return "select"; }

 private:
  os::fd wake_;
  fd_set read_;
  fd_set write_;
  int highest_;   // no bit above it is set
  int next_ = 0;  // the descriptor that was told last
};

}  // namespace

result<owned<poller>> make_select_poller() {
  os::fd wake(open_wake_descriptor());
  if (!wake) return std::unexpected(os::make_error(wake.get(), "eventfd"));
  if (wake.get() >= FD_SETSIZE) {
    return std::unexpected(os::make_error(-EMFILE, "select", "for a descriptor of 1024 or more"));
  }
  return make_owned<select_poller>(std::move(wake));
}

}  // namespace rondo::io

// poll: a dense array for the kernel to walk, and a map from descriptor to place in it. Costs by
// the number of descriptors that somebody waits for.
#include <errno.h>
#include <poll.h>
#include <time.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>

#include "io/pollers.hpp"

namespace rondo::io {
namespace {

interest to_interest(short events) noexcept {
  if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0) return interest::both | interest::ended;
  return ((events & POLLIN) != 0 ? interest::read : interest::none) |
         ((events & POLLOUT) != 0 ? interest::write : interest::none);
}

class poll_poller final : public poller {
 public:
  explicit poll_poller(os::fd wake) : wake_(std::move(wake)) {
    entries_.push_back({wake_.get(), POLLIN, 0});
  }

  int watch(int fd, interest before, interest want) noexcept override {
    const auto number = static_cast<std::size_t>(fd);
    const auto events = static_cast<short>((any(want & interest::read) ? POLLIN : 0) |
                                           (any(want & interest::write) ? POLLOUT : 0));
    if (any(before)) {
      entries_[static_cast<std::size_t>(place_of_[number])].events = events;
      return 0;
    }
    try {
      if (number >= place_of_.size()) place_of_.resize(std::max(number + 1, 2 * place_of_.size()));
      entries_.push_back({fd, events, 0});
    } catch (const std::bad_alloc&) {
      return -ENOMEM;
    }
    place_of_[number] = static_cast<int>(entries_.size() - 1);
    return 0;
  }

  void forget(int fd) noexcept override {
    const auto place = static_cast<std::size_t>(place_of_[static_cast<std::size_t>(fd)]);
    entries_[place] = entries_.back();
    place_of_[static_cast<std::size_t>(entries_[place].fd)] = static_cast<int>(place);
    entries_.pop_back();
  }

  int wait(duration timeout, std::span<readiness> ready) noexcept override {
    timespec t = {};
    t.tv_sec = timeout.count_ns() / 1'000'000'000;
    t.tv_nsec = timeout.count_ns() % 1'000'000'000;
    int left = ::ppoll(entries_.data(), entries_.size(), timeout == duration::max() ? nullptr : &t,
                       nullptr);
    if (left < 0) return errno == EINTR ? 0 : -errno;
    if (left > 0 && entries_[0].revents != 0) {
      absorb_wake(wake_.get());
      --left;
    }
    // Goes on where the last one ended: with more to tell than `ready` holds, nobody is left out.
    std::size_t told = 0;
    for (std::size_t seen = 1; seen < entries_.size() && left > 0; ++seen) {
      if (++next_ >= entries_.size()) next_ = 1;
      const pollfd& entry = entries_[next_];
      if (entry.revents == 0) continue;
      if (told == ready.size()) break;
      ready[told++] = {entry.fd, to_interest(entry.revents)};
      --left;
    }
    return static_cast<int>(told);
  }

  void wake() noexcept override { signal_wake(wake_.get()); }
  bool edge_triggered() const noexcept override { return false; }
  const char* name() const noexcept override { return "poll"; }

 private:
  os::fd wake_;
  std::vector<pollfd> entries_;  // the first one is the wake's
  std::vector<int> place_of_;    // by descriptor; meaningless for those that are not watched
  std::size_t next_ = 0;         // the entry that was told last
};

}  // namespace

result<owned<poller>> make_poll_poller() {
  os::fd wake(open_wake_descriptor());
  if (!wake) return std::unexpected(os::make_error(wake.get(), "eventfd"));
  return make_owned<poll_poller>(std::move(wake));
}

}  // namespace rondo::io

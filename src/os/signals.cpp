// Masks, names, and listening: an ear in the table of signals, and an eventfd to be woken by.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <bit>
#include <utility>

#include <rondo/os/signals.hpp>

#include "os/signal_table.hpp"

namespace rondo::os {

namespace {

sigset_t as_set(signal_mask which) noexcept {
  sigset_t set;
  sigemptyset(&set);
  for (int n = 1; n <= 64; ++n) {
    if ((which >> (n - 1) & 1) != 0) sigaddset(&set, n);
  }
  return set;
}

}  // namespace

signal_mask block_signals(signal_mask which) noexcept {
  const sigset_t set = as_set(which);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &set, &before);
  signal_mask mask = 0;
  for (int n = 1; n <= 64; ++n) {
    if (sigismember(&before, n) == 1) mask |= signal_mask{1} << (n - 1);
  }
  return mask;
}

void restore_signals(signal_mask mask) noexcept {
  const sigset_t set = as_set(mask);
  pthread_sigmask(SIG_SETMASK, &set, nullptr);
}

int signal_listener::open(signal_mask which, bool takes) noexcept {
  fd wake;
  if (takes) {
    wake.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return -errno;
  }
  int failure = 0;
  ear_ = detail::begin_to_hear(which, wake.get(), failure);
  if (ear_ == nullptr) return failure;
  wake_ = std::move(wake);
  return 0;
}

fd signal_listener::close() noexcept {
  if (ear_ != nullptr) detail::stop_hearing(*std::exchange(ear_, nullptr));
  return std::move(wake_);
}

int signal_listener::take() noexcept {
  signal_mask came = ear_->came.load();
  bool looked_first = true;
  if (came == 0) {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t drained = ::read(wake_.get(), &count, sizeof count);
    came = ear_->came.load();
    if (came == 0) return -EAGAIN;
    looked_first = false;
  }
  const signal_mask least = came & -came;
  ear_->came.fetch_and(~least);
  if (!looked_first && came != least) {
    // The rest came before it was drained, maybe: the descriptor must stay readable for it.
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }
  return std::countr_zero(least) + 1;
}

std::string signal_name(int number) {
  const char* const name = sigabbrev_np(number);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

}  // namespace rondo::os

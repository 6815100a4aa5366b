// signalfd(2), and the mask that must stand before it.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <rondo/os/signals.hpp>

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

int open_signals(signal_mask which, bool nonblocking) noexcept {
  const sigset_t set = as_set(which);
  const int opened = ::signalfd(-1, &set, SFD_CLOEXEC | (nonblocking ? SFD_NONBLOCK : 0));
  return opened < 0 ? -errno : opened;
}

int take_signal(int fd) noexcept {
  // Asked first, since the descriptor may be a blocking one.
  pollfd entry = {fd, POLLIN, 0};
  if (::poll(&entry, 1, 0) <= 0) return -EAGAIN;
  signalfd_siginfo info;
  const ssize_t got = ::read(fd, &info, sizeof info);
  if (got < 0) return -errno;
  return static_cast<int>(info.ssi_signo);
}

std::string signal_name(int number) {
  const char* const name = sigabbrev_np(number);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

}  // namespace rondo::os

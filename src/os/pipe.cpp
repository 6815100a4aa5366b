// Pipes, without the signal that a write to a pipe without readers raises.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include <rondo/os/pipe.hpp>

namespace rondo::os {

namespace {

// pwritev2(2), since Linux 6.18; older headers lack it.
constexpr int rwf_nosignal = 0x100;

// What the kernel transfers in one call anyway (read(2), NOTES).
constexpr std::size_t most_bytes = 0x7ffff000;

/// For kernels without the flag: SIGPIPE goes to the thread that writes, so that one can hold it
/// back, and take it off before it lets signals in again.
ssize_t write_with_sigpipe_blocked(int fd, const void* from, std::size_t size) noexcept {
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigset_t pending;
  sigpending(&pending);
  const bool pended = sigismember(&pending, SIGPIPE) == 1;
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t written = ::write(fd, from, size);
  const int failure = errno;
  if (written < 0 && failure == EPIPE && !pended) {
    const timespec at_once = {};
    while (sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = failure;
  return written;
}

}  // namespace

int open_pipe(pipe_ends& out) noexcept {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return -errno;
  out.read.reset(ends[0]);
  out.write.reset(ends[1]);
  return 0;
}

int read_pipe(int fd, void* into, std::size_t size) noexcept {
  for (;;) {
    const ssize_t got = ::read(fd, into, std::min(size, most_bytes));
    if (got >= 0) return static_cast<int>(got);
    if (errno != EINTR) return -errno;
  }
}

int write_pipe(int fd, const void* from, std::size_t size) noexcept {
  size = std::min(size, most_bytes);
  const iovec piece = {const_cast<void*>(from), size};  // only read
  for (;;) {
    ssize_t written = ::pwritev2(fd, &piece, 1, -1, rwf_nosignal);
    if (written < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)) {
      written = write_with_sigpipe_blocked(fd, from, size);
    }
    if (written >= 0) return static_cast<int>(written);
    if (errno != EINTR) return -errno;
  }
}

int open_null() noexcept {
  const int opened = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  return opened < 0 ? -errno : opened;
}

}  // namespace rondo::os

// Pipes, without the signal that a write to a pipe without readers raises.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

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

/// Whether the call failed since the kernel does not know it, or not for this kind of file.
bool is_unknown(ssize_t outcome) noexcept {
  return outcome < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL);
}

bool is_ready(int fd, short what) noexcept {
  pollfd entry = {fd, what, 0};
  return ::poll(&entry, 1, 0) > 0;
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
    if (is_unknown(written)) {
      written = write_with_sigpipe_blocked(fd, from, size);
    }
    if (written >= 0) return static_cast<int>(written);
    if (errno != EINTR) return -errno;
  }
}

int read_shared(int fd, void* into, std::size_t size) noexcept {
  size = std::min(size, most_bytes);
  const iovec piece = {into, size};
  for (;;) {
    ssize_t got = ::recv(fd, into, size, MSG_DONTWAIT);
    if (got < 0 && errno == ENOTSOCK) got = ::preadv2(fd, &piece, 1, -1, RWF_NOWAIT);
    if (is_unknown(got)) {
      if (!is_ready(fd, POLLIN)) return -EAGAIN;
      got = ::read(fd, into, size);
    }
    if (got >= 0) return static_cast<int>(got);
    if (errno != EINTR) return -errno;
  }
}

int write_shared(int fd, const void* from, std::size_t size) noexcept {
  size = std::min(size, most_bytes);
  const iovec piece = {const_cast<void*>(from), size};  // only read
  for (;;) {
    ssize_t written = ::send(fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written < 0 && errno == ENOTSOCK) {
      written = ::pwritev2(fd, &piece, 1, -1, RWF_NOWAIT | rwf_nosignal);
    }
    if (is_unknown(written)) {
      // What is ready takes a page at least without waiting for more room.
      constexpr std::size_t page = 4096;
      if (!is_ready(fd, POLLOUT)) return -EAGAIN;
      written = write_with_sigpipe_blocked(fd, from, std::min(size, page));
    }
    if (written >= 0) return static_cast<int>(written);
    if (errno != EINTR) return -errno;
  }
}

int make_fifo(const char* path, unsigned mode) noexcept {
  return ::mkfifo(path, mode) < 0 ? -errno : 0;
}

int open_fifo(const char* path, bool for_writing) noexcept {
  struct stat found;
  // Before it is opened, since that has effects on devices; and after, since it may be another one.
  if (::stat(path, &found) < 0) return -errno;
  if (!S_ISFIFO(found.st_mode)) return -EINVAL;
  fd opened(::open(path, (for_writing ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!opened || ::fstat(opened.get(), &found) < 0) return -errno;
  if (!S_ISFIFO(found.st_mode)) return -EINVAL;
  return opened.release();
}

namespace {

/// Whether one can wait for it: epoll refuses what is always ready.
bool can_be_waited_for(int number) noexcept {
  const fd probe(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event none = {};
  return ::epoll_ctl(probe.get(), EPOLL_CTL_ADD, number, &none) == 0 || errno != EPERM;
}

/// Whether to open it once more yields another way to the same thing, and does nothing else.
bool may_be_reopened(int number) noexcept {
  struct stat found;
  if (::fstat(number, &found) < 0) return false;
  if (S_ISFIFO(found.st_mode)) return true;
  // The master of a pseudo-terminal would yield a new one.
  int pair;
  return ::isatty(number) == 1 && ::ioctl(number, TIOCGPTN, &pair) < 0;
}

}  // namespace

int open_standard_stream(int number, fd& out, stream_nature& nature) noexcept {
  nature = stream_nature::closed;
  const int flags = ::fcntl(number, F_GETFD);
  if (flags < 0 || (flags & FD_CLOEXEC) != 0) return 0;
  if (can_be_waited_for(number) && may_be_reopened(number)) {
    char path[40];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", number);
    const int direction = number == 0 ? O_RDONLY : O_WRONLY;
    out.reset(::open(path, direction | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    nature = stream_nature::own;
    if (out) return 0;
  }
  out.reset(::fcntl(number, F_DUPFD_CLOEXEC, 3));
  if (!out) return -errno;
  nature = can_be_waited_for(number) ? stream_nature::shared : stream_nature::ready;
  return 0;
}

int open_null() noexcept {
  const int opened = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  return opened < 0 ? -errno : opened;
}

}  // namespace rondo::os

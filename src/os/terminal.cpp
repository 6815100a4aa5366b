// Modes of terminals, and that they are put back whatever happens. The table of changes is read by
// signal handlers, which call nothing but what signal-safety(7) allows: tcgetpgrp and tcsetattr.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>

#include <rondo/os/fd.hpp>
#include <rondo/os/terminal.hpp>

#include "os/signal_table.hpp"

namespace rondo::os {

const int window_changed = SIGWINCH;

namespace {

struct change {
  // True while handlers may look: after the rest was written, and until it is written anew.
  std::atomic<bool> stands{false};
  int fd = -1;  // our own, whatever becomes of the caller's
  dev_t device = 0;
  termios before = {};
  termios changed = {};
};

constexpr int most_changes = 16;
change changes[most_changes];  // later ones behind earlier ones
int in_use = 0;  // of them, from the front; guarded by `guard`, as all but handlers do
std::mutex guard;

/// Whether the terminal listens to us now. One that does not control us does.
bool is_ours_to_change(int fd) noexcept {
  const pid_t group = ::tcgetpgrp(fd);
  return group < 0 || group == ::getpgrp();
}

/// In a handler, or at exit: the last change first, so that what was before the first one stays.
void restore_all() noexcept {
  for (int i = most_changes - 1; i >= 0; --i) {
    const change& c = changes[i];
    if (c.stands && is_ours_to_change(c.fd)) ::tcsetattr(c.fd, TCSANOW, &c.before);
  }
}

void change_all() noexcept {
  for (const change& c : changes) {
    if (c.stands && is_ours_to_change(c.fd)) ::tcsetattr(c.fd, TCSANOW, &c.changed);
  }
}

constexpr detail::terminal_hooks hooks = {&restore_all, &change_all};

termios with_mode(termios t, terminal_mode mode) noexcept {
  switch (mode) {
    case terminal_mode::raw:
      ::cfmakeraw(&t);
      break;
    case terminal_mode::cbreak:
      t.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      break;
    case terminal_mode::no_echo:
      t.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
      return t;
  }
  t.c_cc[VMIN] = 1;  // a read returns with the first byte
  t.c_cc[VTIME] = 0;
  return t;
}

/// Where the line is busy for long, what was written waits for it; what was typed unseen is
/// dropped.
int when_to_change(const termios& from) noexcept {
  return (from.c_lflag & ECHO) != 0 ? TCSADRAIN : TCSAFLUSH;
}

}  // namespace

bool is_terminal(int fd) noexcept {
  return ::isatty(fd) == 1;
}

int size_of_terminal(int fd, terminal_size& out) noexcept {
  winsize size = {};
  if (::ioctl(fd, TIOCGWINSZ, &size) < 0) return -errno;
  out.columns = size.ws_col;
  out.rows = size.ws_row;
  return 0;
}

int change_terminal(int fd, terminal_mode mode) noexcept {
  const std::lock_guard lock(guard);
  if (in_use == most_changes) return -ENOBUFS;
  change& c = changes[in_use];
  struct stat found;
  if (::tcgetattr(fd, &c.before) < 0 || ::fstat(fd, &found) < 0) return -errno;
  os::fd ours(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!ours) return -errno;
  c.fd = ours.get();
  c.device = found.st_rdev;
  c.changed = with_mode(c.before, mode);
  // Before it is changed: from the first moment on there is somebody who restores it.
  static const bool at_exit = std::atexit([] { restore_all(); }) == 0;
  static_cast<void>(at_exit);
  if (in_use == 0) detail::watch_over_terminal(hooks);
  c.stands = true;
  const bool flushes = mode == terminal_mode::no_echo;
  if (::tcsetattr(c.fd, flushes ? TCSAFLUSH : TCSADRAIN, &c.changed) < 0) {
    const int failure = -errno;
    c.stands = false;
    if (in_use == 0) detail::stop_watching_over_terminal();
    return failure;
  }
  static_cast<void>(ours.release());
  return in_use++;
}

void restore_terminal(int number) noexcept {
  const std::lock_guard lock(guard);
  change& c = changes[number];
  c.stands = false;
  change* above = nullptr;  // a later change of the same terminal, which stays
  for (int i = in_use - 1; i > number; --i) {
    if (changes[i].stands && changes[i].device == c.device) above = &changes[i];
  }
  if (above != nullptr) {
    above->stands = false;
    above->before = c.before;
    above->stands = true;
  } else if (is_ours_to_change(c.fd)) {
    ::tcsetattr(c.fd, when_to_change(c.changed), &c.before);
  }
  os::fd(c.fd).reset();
  while (in_use > 0 && !changes[in_use - 1].stands) --in_use;
  if (in_use == 0) detail::stop_watching_over_terminal();
}

int open_terminal() noexcept {
  const int opened = ::open("/dev/tty", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  return opened < 0 ? -errno : opened;
}

}  // namespace rondo::os

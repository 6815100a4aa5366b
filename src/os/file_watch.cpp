// inotify: one descriptor, a watch for each folder, changes as records of bytes.
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <rondo/os/file_watch.hpp>

namespace rondo::os {

namespace {

struct row {
  std::uint32_t bit;
  raw_change_kind kind;
};

constexpr row kinds[] = {
    {IN_CREATE, raw_change_kind::created},       {IN_MODIFY, raw_change_kind::modified},
    {IN_CLOSE_WRITE, raw_change_kind::written},  {IN_ATTRIB, raw_change_kind::attributes},
    {IN_DELETE, raw_change_kind::removed},       {IN_MOVED_FROM, raw_change_kind::moved_from},
    {IN_MOVED_TO, raw_change_kind::moved_to},    {IN_DELETE_SELF, raw_change_kind::self_removed},
    {IN_MOVE_SELF, raw_change_kind::self_moved}, {IN_UNMOUNT, raw_change_kind::unmounted},
    {IN_IGNORED, raw_change_kind::forgotten},    {IN_Q_OVERFLOW, raw_change_kind::overflowed},
};

}  // namespace

int open_watch() noexcept {
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

int watch_folder(int fd, const std::string& path, watched what) noexcept {
  if (path.find('\0') != path.npos) return -EINVAL;
  std::uint32_t mask = IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                       IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
  if (what.writes) mask |= IN_MODIFY;
  if (what.attributes) mask |= IN_ATTRIB;
  if (!what.follow) mask |= IN_DONT_FOLLOW;
  const int watch = ::inotify_add_watch(fd, path.c_str(), mask);
  return watch < 0 ? -errno : watch;
}

int unwatch(int fd, int watch) noexcept {
  return ::inotify_rm_watch(fd, watch) < 0 ? -errno : 0;
}

int read_changes(int fd, std::span<char> into) noexcept {
  for (;;) {
    const ssize_t got = ::read(fd, into.data(), into.size());
    if (got >= 0) return static_cast<int>(got);
    if (errno != EINTR) return -errno;
  }
}

raw_change next_change(std::span<const char> from) noexcept {
  // The records are aligned within the buffer, but that may be of chars: so the head is copied.
  inotify_event head = {};
  memcpy(&head, from.data(), sizeof head);
  raw_change change;
  change.watch = head.wd;
  change.is_folder = (head.mask & IN_ISDIR) != 0;
  change.cookie = head.cookie;
  change.size = sizeof head + head.len;
  // Filled up with zeros; none where there is no name.
  const char* const name = from.data() + sizeof head;
  change.name = std::string_view(name, ::strnlen(name, head.len));
  for (const row& r : kinds) {
    if ((head.mask & r.bit) != 0) change.kind = r.kind;
  }
  return change;
}

}  // namespace rondo::os

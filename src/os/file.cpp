// Opening files below a folder and nowhere else. The kernel resolves the path, so there is no
// moment between a check and the opening in which a link could be exchanged.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string_view>
#include <utility>

#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/file.hpp>

namespace rondo::os {

namespace {

constexpr int reading = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr std::uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
// Linux 5.12; the kernel headers of Debian 12 may lack the name.
constexpr std::uint64_t cached = 0x20;

long open_resolved(int folder, const char* path, std::uint64_t resolve) noexcept {
  open_how how = {};
  how.flags = reading;
  how.resolve = resolve;
  return ::syscall(SYS_openat2, folder, path, &how, sizeof how);
}

// Whether it is worth asking this kernel what it has looked up before. True, then perhaps false.
// Written and read by any thread; relaxed, since it orders nothing.
std::atomic<bool> tells_what_is_cached = true;

/// EINVAL is the kernel's word for a flag that it does not know, but may also be a file system's
/// for a name that it can't have: "." can be had everywhere.
bool knows_cached(int folder) noexcept {
  const fd opened(static_cast<int>(open_resolved(folder, ".", beneath | cached)));
  return opened || errno != EINVAL;
}

/// The same without openat2: one name at a time, and no name may be a link.
int open_step_by_step(int folder, std::string_view path) noexcept {
  fd at(::openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at) return -errno;
  std::string name;
  while (true) {
    const std::size_t slash = path.find('/');
    name.assign(path.substr(0, slash));
    if (name == "..") return -EXDEV;
    const bool last = slash == path.npos || path.find_first_not_of('/', slash) == path.npos;
    const int flags = last ? reading : O_PATH | O_DIRECTORY | O_CLOEXEC;
    const int opened = ::openat(at.get(), name.empty() ? "." : name.c_str(), flags | O_NOFOLLOW);
    if (opened < 0) return -errno;
    if (last) return opened;
    at.reset(opened);
    path.remove_prefix(slash + 1);
  }
}

file_facts facts_from(const struct stat& s) noexcept {
  file_facts facts;
  facts.is_regular = S_ISREG(s.st_mode);
  facts.is_folder = S_ISDIR(s.st_mode);
  facts.size = static_cast<std::uint64_t>(s.st_size);
  facts.modified_ns =
      static_cast<std::int64_t>(s.st_mtim.tv_sec) * 1'000'000'000 + s.st_mtim.tv_nsec;
  return facts;
}

}  // namespace

int open_folder(const std::string& path) noexcept {
  const int opened = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return opened < 0 ? -errno : opened;
}

int open_beneath(int folder, const std::string& path) noexcept {
  if (path.find('\0') != path.npos) return -EINVAL;
  // EAGAIN: something was renamed meanwhile, and the kernel could not be sure (openat2(2)), which a
  // second try mends. Or somebody has a lease on the file, and some seconds to give it back
  // (fcntl(2)); a call that waits for him would also wait for the other end of a fifo.
  constexpr int tries_at_once = 16;
  for (int tries = 0;; ++tries) {
    const long opened = open_resolved(folder, path.c_str(), beneath);
    if (opened >= 0) return static_cast<int>(opened);
    if (errno == ENOSYS || errno == EPERM) return open_step_by_step(folder, path);
    if (errno != EINTR && errno != EAGAIN) return -errno;
    if (tries >= tries_at_once) ::usleep(1'000);
  }
}

int try_open_beneath(int folder, const std::string& path) noexcept {
  if (path.find('\0') != path.npos) return -EINVAL;
  if (!tells_what_is_cached.load(std::memory_order_relaxed)) return would_block;
  const long opened = open_resolved(folder, path.c_str(), beneath | cached);
  if (opened >= 0) return static_cast<int>(opened);
  switch (errno) {
    case EINTR:
    case EPERM:
      return would_block;
    case EINVAL:
      if (knows_cached(folder)) return would_block;
      [[fallthrough]];
    case ENOSYS:
      tells_what_is_cached.store(false, std::memory_order_relaxed);
      return would_block;
    default:
      return -errno;
  }
}

int facts_of(int fd, file_facts& out) noexcept {
  struct stat s = {};
  if (::fstat(fd, &s) < 0) return -errno;
  out = facts_from(s);
  return 0;
}

int known_facts_of(int fd, file_facts& out) noexcept {
  struct statx s = {};
  constexpr int how = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (::statx(fd, "", how, STATX_TYPE | STATX_SIZE | STATX_MTIME, &s) < 0) return -errno;
  out.is_regular = S_ISREG(s.stx_mode);
  out.is_folder = S_ISDIR(s.stx_mode);
  out.size = s.stx_size;
  out.modified_ns = s.stx_mtime.tv_sec * 1'000'000'000 + s.stx_mtime.tv_nsec;
  return 0;
}

int read_at(int fd, void* into, std::size_t size, std::uint64_t offset) noexcept {
  for (;;) {
    const ssize_t got =
        ::pread(fd, into, std::min<std::size_t>(size, 1 << 30), static_cast<off_t>(offset));
    if (got >= 0) return static_cast<int>(got);
    if (errno != EINTR) return -errno;
  }
}

int list_folder(int fd, std::vector<folder_entry>& out) {
  const int copy = ::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return -errno;
  DIR* const folder = ::fdopendir(copy);
  if (folder == nullptr) {
    ::close(copy);
    return -ENOMEM;
  }
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(folder);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat s = {};
    if (::fstatat(copy, entry->d_name, &s, AT_SYMLINK_NOFOLLOW) < 0) continue;
    out.push_back({std::string(name), facts_from(s), S_ISLNK(s.st_mode)});
  }
  const int outcome = -errno;
  ::closedir(folder);
  return outcome;
}

}  // namespace rondo::os

// Opening flags, locks, advice and mappings: the parts of the file calls that io_uring has no word
// for, or that wait for nothing.
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/os/open_file.hpp>

namespace rondo::os {

namespace {

int outcome(int returned) noexcept {
  return returned < 0 ? -errno : returned;
}

/// Those that fcntl(F_SETFL) sets, which would otherwise be lost with O_NONBLOCK.
int status_flags_of(open_flag how) noexcept {
  return (has(how, open_flag::append) ? O_APPEND : 0) |
         (has(how, open_flag::direct) ? O_DIRECT : 0);
}

}  // namespace

std::uint32_t native_flags(open_flag wanted) noexcept {
  const bool writes = has(wanted, open_flag::write | open_flag::append);
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK | status_flags_of(wanted);
  flags |= !writes ? O_RDONLY : has(wanted, open_flag::read) ? O_RDWR : O_WRONLY;
  if (has(wanted, open_flag::create)) flags |= O_CREAT;
  if (has(wanted, open_flag::create_new)) flags |= O_CREAT | O_EXCL;
  if (has(wanted, open_flag::truncate)) flags |= O_TRUNC;
  if (has(wanted, open_flag::keep_link)) flags |= O_NOFOLLOW;
  if (has(wanted, open_flag::folder)) flags |= O_DIRECTORY;
  return static_cast<std::uint32_t>(flags);
}

int look_at_opened(int fd, open_flag how, opened& out) noexcept {
  struct statx facts = {};
  const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (::statx(fd, "", flags, STATX_TYPE | STATX_SIZE, &facts) < 0) return -errno;
  out.size = facts.stx_size;
  const int type = facts.stx_mode & S_IFMT;
  out.kind = type == S_IFDIR    ? opened_kind::folder
             : type == S_IFIFO  ? opened_kind::fifo
             : type == S_IFSOCK ? opened_kind::socket
                                : opened_kind::file;
  return outcome(::fcntl(fd, F_SETFL, status_flags_of(how)));
}

const int nobody_reads = -ENXIO;

const std::uint32_t allocate_and_grow = 0;
const std::uint32_t allocate_within = FALLOC_FL_KEEP_SIZE;
const std::uint32_t allocate_hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

int try_lock_file(int fd, file_lock_kind kind) noexcept {
  const int how = kind == file_lock_kind::none     ? LOCK_UN
                  : kind == file_lock_kind::shared ? LOCK_SH
                                                   : LOCK_EX;
  for (;;) {
    const int result = outcome(::flock(fd, how | LOCK_NB));
    if (result != -EINTR) return result;
  }
}

int advise_file(int fd, std::uint64_t offset, std::uint64_t size, access_pattern pattern) noexcept {
  static constexpr int advice[] = {POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                   POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED};
  return -::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(size),
                          advice[static_cast<int>(pattern)]);
}

int map_file(int fd, std::uint64_t offset, std::size_t size, map_mode mode, void*& out) noexcept {
  const int protection = mode == map_mode::read ? PROT_READ : PROT_READ | PROT_WRITE;
  const int sharing = mode == map_mode::copy ? MAP_PRIVATE : MAP_SHARED;
  void* const at = ::mmap(nullptr, size, protection, sharing, fd, static_cast<off_t>(offset));
  if (at == MAP_FAILED) return -errno;
  out = at;
  return 0;
}

void unmap(void* address, std::size_t size) noexcept {
  ::munmap(address, size);
}

int sync_map(void* address, std::size_t size) noexcept {
  return outcome(::msync(address, size, MS_SYNC));
}

int advise_map(void* address, std::size_t size, access_pattern pattern) noexcept {
  static constexpr int advice[] = {MADV_NORMAL, MADV_SEQUENTIAL, MADV_RANDOM, MADV_WILLNEED,
                                   MADV_DONTNEED};
  return outcome(::madvise(address, size, advice[static_cast<int>(pattern)]));
}

std::size_t page_size() noexcept {
  static const long size = ::sysconf(_SC_PAGESIZE);
  return static_cast<std::size_t>(size);
}

}  // namespace rondo::os

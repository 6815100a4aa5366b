// The calls themselves, on the calling thread: waiting for the disk, or not at all.
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/file_call.hpp>

namespace rondo::os {

const int working_folder = AT_FDCWD;

static_assert(sizeof(status_memory) == sizeof(struct statx));

namespace {

// openat2(2), Linux 5.12; glibc and the kernel headers of Debian 12 may lack the name.
constexpr std::uint64_t resolve_cached = 0x20;

template <class Count>
int outcome(Count got) noexcept {
  return got < 0 ? -errno : static_cast<int>(got);
}

off_t place(const file_call& c) noexcept {
  return static_cast<off_t>(c.offset);
}

std::size_t bytes(const file_call& c) noexcept {
  return static_cast<std::size_t>(std::min(c.size, most_bytes_a_call));
}

/// Fewer buffers than were given make a short transfer, which callers expect anyway.
int pieces(const file_call& c) noexcept {
  return static_cast<int>(std::min<std::uint64_t>(c.size, UIO_MAXIOV));
}

const iovec* vector_of(const file_call& c) noexcept {
  return static_cast<const iovec*>(c.data);
}

int stat_of(int fd, const char* path, std::uint32_t flags, const file_call& c) noexcept {
  return outcome(::statx(fd, path, static_cast<int>(flags), status_wanted,
                         static_cast<struct statx*>(c.data)));
}

int perform_on_file(const file_call& c) noexcept {
  switch (c.kind) {
    case file_call_kind::close:
      return outcome(::close(c.fd));
    case file_call_kind::read:
      return outcome(::pread(c.fd, c.data, bytes(c), place(c)));
    case file_call_kind::write:
      return outcome(::pwrite(c.fd, c.data, bytes(c), place(c)));
    case file_call_kind::read_vector:
      return outcome(::preadv(c.fd, vector_of(c), pieces(c), place(c)));
    case file_call_kind::write_vector:
      return outcome(::pwritev(c.fd, vector_of(c), pieces(c), place(c)));
    case file_call_kind::sync:
      return outcome(::fsync(c.fd));
    case file_call_kind::data_sync:
      return outcome(::fdatasync(c.fd));
    case file_call_kind::allocate:
      return outcome(
          ::fallocate(c.fd, static_cast<int>(c.flags), place(c), static_cast<off_t>(c.size)));
    case file_call_kind::truncate:
      return outcome(::ftruncate(c.fd, static_cast<off_t>(c.size)));
    default:
      return -ENOSYS;
  }
}

int perform_on_path(const file_call& c) noexcept {
  switch (c.kind) {
    case file_call_kind::open:
      return outcome(::openat(c.fd, c.path, static_cast<int>(c.flags), c.mode));
    case file_call_kind::stat:
      return stat_of(c.fd, c.path, status_flags(c), c);
    case file_call_kind::rename:
      return outcome(::renameat2(c.fd, c.path, c.other_folder, c.other_path, c.flags));
    case file_call_kind::link:
      return outcome(
          ::linkat(c.fd, c.path, c.other_folder, c.other_path, static_cast<int>(c.flags)));
    case file_call_kind::symlink:
      return outcome(::symlinkat(c.path, c.other_folder, c.other_path));
    case file_call_kind::unlink:
      return outcome(::unlinkat(c.fd, c.path, static_cast<int>(c.flags)));
    case file_call_kind::make_folder:
      return outcome(::mkdirat(c.fd, c.path, c.mode));
    default:
      return perform_on_file(c);
  }
}

/// Opens what a look-up that touches no disk leads to.
int open_cached(const file_call& c, std::uint64_t flags) noexcept {
  open_how how = {};
  how.flags = flags;
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? c.mode : 0;
  how.resolve = resolve_cached;
  return outcome(::syscall(SYS_openat2, c.fd, c.path, &how, sizeof how));
}

/// What says "not like this", rather than what the call has to say: it waits, this kernel is older
/// (EINVAL), a filter forbids the call (EPERM, ENOSYS), the file system can't tell (EOPNOTSUPP).
bool must_wait(int result) noexcept {
  return result == -EAGAIN || result == -EINTR || result == -EOPNOTSUPP || result == -ENOSYS ||
         result == -EINVAL || result == -EPERM;
}

int try_stat(const file_call& c) noexcept {
  constexpr std::uint32_t flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (c.path[0] == 0) return stat_of(c.fd, "", flags, c);
  const bool follow = (c.flags & AT_SYMLINK_NOFOLLOW) == 0;
  const fd found(open_cached(c, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)));
  if (!found) return -errno;
  return stat_of(found.get(), "", flags, c);
}

}  // namespace

const char* to_string(file_call_kind kind) noexcept {
  static constexpr const char* names[file_call_kinds] = {
      "open", "close",     "read",     "write",      "read_vector", "write_vector",
      "sync", "data_sync", "allocate", "truncate",   "stat",        "rename",
      "link", "symlink",   "unlink",   "make_folder"};
  return names[static_cast<int>(kind)];
}

const std::uint32_t status_wanted = STATX_BASIC_STATS | STATX_BTIME;

std::uint32_t status_flags(const file_call& call) noexcept {
  return call.flags | (call.path[0] == 0 ? AT_EMPTY_PATH : 0);
}

int perform(const file_call& call) noexcept {
  for (;;) {
    const int result = perform_on_path(call);
    if (result != -EINTR || call.kind == file_call_kind::close) return result;
  }
}

int try_perform(const file_call& call) noexcept {
  int result = -EAGAIN;
  switch (call.kind) {
    case file_call_kind::read: {
      const iovec into = {.iov_base = call.data, .iov_len = bytes(call)};
      result = outcome(::preadv2(call.fd, &into, 1, place(call), RWF_NOWAIT));
      break;
    }
    case file_call_kind::read_vector:
      result = outcome(::preadv2(call.fd, vector_of(call), pieces(call), place(call), RWF_NOWAIT));
      break;
    case file_call_kind::open:
      result = open_cached(call, call.flags);
      break;
    case file_call_kind::stat:
      result = try_stat(call);
      break;
    default:
      break;
  }
  return must_wait(result) ? -EAGAIN : result;
}

}  // namespace rondo::os

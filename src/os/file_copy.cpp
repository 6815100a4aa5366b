// Copies made by the kernel, and files that have no name until they are complete.
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <rondo/os/file_copy.hpp>

namespace rondo::os {

namespace {

constexpr std::size_t most_a_call = std::size_t{1} << 30;

int outcome_of(long returned) noexcept {
  return returned < 0 ? -errno : static_cast<int>(returned);
}

bool is_cut(const std::string& path) noexcept {
  return path.find('\0') != path.npos;
}

timespec time_of(std::optional<std::int64_t> ns) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  timespec t = {};
  t.tv_nsec = UTIME_OMIT;
  if (!ns) return t;
  t.tv_sec = *ns / second - (*ns % second < 0 ? 1 : 0);
  t.tv_nsec = *ns - t.tv_sec * second;
  return t;
}

/// Where the kernel shows an open file under a path.
std::array<char, 32> path_of(int fd) noexcept {
  std::array<char, 32> path = {};
  ::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
  return path;
}

}  // namespace

int open_original(const std::string& path) noexcept {
  if (is_cut(path)) return -EINVAL;
  return outcome_of(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

int open_unnamed(const std::string& folder, unsigned permissions) noexcept {
  if (is_cut(folder)) return -EINVAL;
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, permissions);
  if (fd < 0) return -errno;
  if (::access(path_of(fd).data(), F_OK) == 0) return fd;
  ::close(fd);
  return -EOPNOTSUPP;
}

int name_unnamed(int fd, const std::string& path) noexcept {
  if (is_cut(path)) return -EINVAL;
  // The same by AT_EMPTY_PATH takes a privilege: linkat(2).
  return outcome_of(
      ::linkat(AT_FDCWD, path_of(fd).data(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW));
}

int open_new(const std::string& path, unsigned permissions) noexcept {
  if (is_cut(path)) return -EINVAL;
  return outcome_of(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, permissions));
}

std::string folder_for_temporaries() {
  const char* const chosen = ::getenv("TMPDIR");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
}

int make_unique_folder(std::string& stem) noexcept {
  if (is_cut(stem)) return -EINVAL;
  const std::size_t size = stem.size();
  stem.append("XXXXXX");
  if (::mkdtemp(stem.data()) != nullptr) return 0;
  const int failed = -errno;
  stem.resize(size);
  return failed;
}

int clone_file(int from, int to) noexcept {
  return outcome_of(::ioctl(to, FICLONE, from));
}

int copy_range(int from, int to, std::uint64_t offset, std::size_t size) noexcept {
  auto read_at = static_cast<off_t>(offset);
  off_t write_at = read_at;
  for (;;) {
    const ssize_t count =
        ::copy_file_range(from, &read_at, to, &write_at, std::min(size, most_a_call), 0);
    if (count >= 0 || errno != EINTR) return outcome_of(count);
  }
}

int write_at(int fd, const void* from, std::size_t size, std::uint64_t offset) noexcept {
  for (;;) {
    const ssize_t count =
        ::pwrite(fd, from, std::min(size, most_a_call), static_cast<off_t>(offset));
    if (count >= 0 || errno != EINTR) return outcome_of(count);
  }
}

int find_data(int fd, std::uint64_t offset, std::uint64_t& begin, std::uint64_t& end) noexcept {
  begin = end = offset;
  const off_t data = ::lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) return errno == ENXIO ? 0 : -errno;
  const off_t hole = ::lseek(fd, data, SEEK_HOLE);
  if (hole < 0) return -errno;
  begin = static_cast<std::uint64_t>(data);
  end = static_cast<std::uint64_t>(hole);
  return 0;
}

int resize_file(int fd, std::uint64_t size) noexcept {
  return outcome_of(::ftruncate(fd, static_cast<off_t>(size)));
}

int change_mode_of(int fd, unsigned permissions) noexcept {
  return outcome_of(::fchmod(fd, permissions));
}

int change_times_of(int fd, std::optional<std::int64_t> accessed_ns,
                    std::optional<std::int64_t> modified_ns) noexcept {
  const timespec times[] = {time_of(accessed_ns), time_of(modified_ns)};
  return outcome_of(::futimens(fd, times));
}

}  // namespace rondo::os

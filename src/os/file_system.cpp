// Names in a file system: one call each, always relative to an open folder, so that who walks a
// tree does not ask the kernel to resolve a path that somebody else may be changing.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <rondo/os/file_system.hpp>

namespace rondo::os {

namespace {

int outcome_of(int returned) noexcept {
  return returned < 0 ? -errno : returned;
}

/// The kernel would take what stands before the zero for the whole path.
bool is_cut(const std::string& path) noexcept {
  return path.find('\0') != path.npos;
}

int at_flag(links how) noexcept {
  return how == links::keep ? AT_SYMLINK_NOFOLLOW : 0;
}

file_type type_of_mode(unsigned mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return file_type::regular;
    case S_IFDIR:
      return file_type::folder;
    case S_IFLNK:
      return file_type::link;
    case S_IFIFO:
      return file_type::fifo;
    case S_IFSOCK:
      return file_type::socket;
    case S_IFCHR:
      return file_type::character_device;
    case S_IFBLK:
      return file_type::block_device;
    default:
      return file_type::unknown;
  }
}

std::int64_t ns_of(const struct statx_timestamp& t) noexcept {
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

timespec time_of(std::optional<std::int64_t> ns) noexcept {
  timespec t = {};
  if (!ns) {
    t.tv_nsec = UTIME_OMIT;
    return t;
  }
  constexpr std::int64_t second = 1'000'000'000;
  t.tv_sec = *ns / second;
  t.tv_nsec = *ns % second;
  if (t.tv_nsec < 0) {  // before 1970
    t.tv_nsec += second;
    --t.tv_sec;
  }
  return t;
}

unsigned rename_flag(rename_rule rule) noexcept {
  switch (rule) {
    case rename_rule::no_replace:
      return RENAME_NOREPLACE;
    case rename_rule::exchange:
      return RENAME_EXCHANGE;
    case rename_rule::replace:
      break;
  }
  return 0;
}

}  // namespace

std::uint32_t native_flags(links how) noexcept {
  return static_cast<std::uint32_t>(at_flag(how) | AT_NO_AUTOMOUNT);
}

file_info info_from(const status_memory& told) noexcept {
  struct statx s = {};
  memcpy(&s, &told, sizeof s);
  file_info info;
  info.type = type_of_mode(s.stx_mode);
  info.is_mount_root = (s.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  info.permissions = s.stx_mode & 07777;
  info.user = s.stx_uid;
  info.group = s.stx_gid;
  info.hard_links = s.stx_nlink;
  info.block_size = s.stx_blksize;
  info.size = s.stx_size;
  info.allocated = s.stx_blocks * 512;  // whatever the block size is: statx(2)
  info.inode = s.stx_ino;
  info.device = makedev(s.stx_dev_major, s.stx_dev_minor);
  info.accessed_ns = ns_of(s.stx_atime);
  info.modified_ns = ns_of(s.stx_mtime);
  info.changed_ns = ns_of(s.stx_ctime);
  if ((s.stx_mask & STATX_BTIME) != 0) info.born_ns = ns_of(s.stx_btime);
  return info;
}

int status_at(int folder, const std::string& path, links how, file_info& out) noexcept {
  if (is_cut(path)) return -EINVAL;
  status_memory told;
  file_call ask;
  ask.kind = file_call_kind::stat;
  ask.fd = folder;
  ask.flags = static_cast<std::uint32_t>(at_flag(how) | AT_NO_AUTOMOUNT);
  ask.path = path.c_str();
  ask.data = &told;
  if (const int result = perform(ask); result < 0) return result;
  out = info_from(told);
  return 0;
}

int access_at(int folder, const std::string& path, unsigned wanted) noexcept {
  if (is_cut(path)) return -EINVAL;
  return outcome_of(::faccessat(folder, path.c_str(), static_cast<int>(wanted), AT_EACCESS));
}

int change_mode_at(int folder, const std::string& path, unsigned permissions) noexcept {
  if (is_cut(path)) return -EINVAL;
  return outcome_of(::fchmodat(folder, path.c_str(), permissions, 0));
}

int change_owner_at(int folder, const std::string& path, std::uint32_t user, std::uint32_t group,
                    links how) noexcept {
  if (is_cut(path)) return -EINVAL;
  return outcome_of(::fchownat(folder, path.c_str(), user, group, at_flag(how)));
}

int change_times_at(int folder, const std::string& path, std::optional<std::int64_t> accessed_ns,
                    std::optional<std::int64_t> modified_ns, links how) noexcept {
  if (is_cut(path)) return -EINVAL;
  const timespec times[] = {time_of(accessed_ns), time_of(modified_ns)};
  return outcome_of(::utimensat(folder, path.c_str(), times, at_flag(how)));
}

int rename_at(int old_folder, const std::string& old_path, int new_folder,
              const std::string& new_path, rename_rule rule) noexcept {
  if (is_cut(old_path) || is_cut(new_path)) return -EINVAL;
  return outcome_of(
      ::renameat2(old_folder, old_path.c_str(), new_folder, new_path.c_str(), rename_flag(rule)));
}

int link_at(int old_folder, const std::string& old_path, int new_folder,
            const std::string& new_path) noexcept {
  if (is_cut(old_path) || is_cut(new_path)) return -EINVAL;
  return outcome_of(::linkat(old_folder, old_path.c_str(), new_folder, new_path.c_str(), 0));
}

int symlink_at(const std::string& target, int folder, const std::string& path) noexcept {
  if (is_cut(target) || is_cut(path)) return -EINVAL;
  return outcome_of(::symlinkat(target.c_str(), folder, path.c_str()));
}

int read_link_at(int folder, const std::string& path, std::string& target) {
  if (is_cut(path)) return -EINVAL;
  char text[PATH_MAX];  // the kernel makes none that is longer
  const ssize_t size = ::readlinkat(folder, path.c_str(), text, sizeof text);
  if (size < 0) return -errno;
  target.assign(text, static_cast<std::size_t>(size));
  return 0;
}

int unlink_at(int folder, const std::string& path) noexcept {
  if (is_cut(path)) return -EINVAL;
  return outcome_of(::unlinkat(folder, path.c_str(), 0));
}

int remove_folder_at(int folder, const std::string& path) noexcept {
  if (is_cut(path)) return -EINVAL;
  return outcome_of(::unlinkat(folder, path.c_str(), AT_REMOVEDIR));
}

int make_folder_at(int folder, const std::string& path, unsigned permissions) noexcept {
  if (is_cut(path)) return -EINVAL;
  return outcome_of(::mkdirat(folder, path.c_str(), permissions));
}

int open_folder_at(int folder, const std::string& path, links how) noexcept {
  if (is_cut(path)) return -EINVAL;
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
                    (how == links::keep ? O_NOFOLLOW : 0);
  return outcome_of(::openat(folder, path.c_str(), flags));
}

int real_path(const std::string& path, std::string& out) {
  if (is_cut(path)) return -EINVAL;
  char text[PATH_MAX];
  if (::realpath(path.c_str(), text) == nullptr) return -errno;
  out = text;
  return 0;
}

int space_of(const std::string& path, space_info& out) noexcept {
  if (is_cut(path)) return -EINVAL;
  struct statvfs s = {};
  if (::statvfs(path.c_str(), &s) < 0) return -errno;
  out.capacity = s.f_blocks * s.f_frsize;
  out.free = s.f_bfree * s.f_frsize;
  out.available = s.f_bavail * s.f_frsize;
  out.files = s.f_files;
  out.free_files = s.f_ffree;
  out.longest_name = s.f_namemax;
  out.is_read_only = (s.f_flag & ST_RDONLY) != 0;
  return 0;
}

int read_folder(int fd, std::span<char> into) noexcept {
  return outcome_of(static_cast<int>(::getdents64(fd, into.data(), into.size())));
}

raw_name next_name(std::span<const char> from) noexcept {
  // The records are aligned within the buffer, but that may be of chars: so each field is copied.
  const char* const record = from.data();
  raw_name found;
  std::uint16_t size = 0;
  unsigned char type = 0;
  memcpy(&found.inode, record + offsetof(dirent64, d_ino), sizeof found.inode);
  memcpy(&size, record + offsetof(dirent64, d_reclen), sizeof size);
  memcpy(&type, record + offsetof(dirent64, d_type), sizeof type);
  found.name = record + offsetof(dirent64, d_name);
  found.size = size;
  found.type = type_of_mode(DTTOIF(type));
  return found;
}

}  // namespace rondo::os

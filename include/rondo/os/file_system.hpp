#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <rondo/os/file_call.hpp>

/// Names in a file system: plain calls that may wait for a disk. Results are "0, a count or a
/// descriptor, or the negated errno". A path is relative to `folder`, a descriptor or
/// `working_folder`; its bytes are the file system's, and a zero among them is EINVAL. Any thread.
namespace rondo::os {

enum class file_type : std::uint8_t {
  unknown,  ///< the file system tells only whoever asks for the status
  regular,
  folder,
  link,  ///< a symbolic one
  fifo,
  socket,
  character_device,
  block_device,
};

/// Whether the last name of a path, where that is a symbolic link, stands for itself.
enum class links : std::uint8_t { follow, keep };
/// What `file_call::flags` of a `stat` are to be.
std::uint32_t native_flags(links how) noexcept;

/// What statx(2) tells of a file. Times are nanoseconds since 1970.
struct file_info {
  file_type type = file_type::unknown;
  bool is_mount_root = false;     ///< another file system begins here
  std::uint16_t permissions = 0;  ///< the lower twelve bits of the mode, as chmod takes them
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::uint32_t hard_links = 0;
  std::uint32_t block_size = 0;  ///< what I/O is best done in
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;  ///< bytes on the disk; less than `size` where there are holes
  std::uint64_t inode = 0;
  std::uint64_t device = 0;  ///< the file system; with `inode` it names the file
  std::int64_t accessed_ns = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;          ///< the status: owner, permissions, links
  std::optional<std::int64_t> born_ns;  ///< where the file system knows

  bool is_regular() const noexcept { return type == file_type::regular; }
  bool is_folder() const noexcept { return type == file_type::folder; }
  bool is_link() const noexcept { return type == file_type::link; }
  /// Whether both were the same file.
  bool is_same(const file_info& other) const noexcept {
    return inode == other.inode && device == other.device;
  }
};

/// What a call of the kind `stat` has been told.
file_info info_from(const status_memory& told) noexcept;

/// The status; of `folder` itself for an empty path. -> 0
int status_at(int folder, const std::string& path, links how, file_info& out) noexcept;

/// Whether this process, as it is effectively, may do `wanted` (R_OK 4, W_OK 2, X_OK 1; 0: whether
/// it is there). -> 0
int access_at(int folder, const std::string& path, unsigned wanted) noexcept;

/// The lower twelve bits of the mode. -> 0
int change_mode_at(int folder, const std::string& path, unsigned permissions) noexcept;
/// UINT32_MAX leaves either as it is.
int change_owner_at(int folder, const std::string& path, std::uint32_t user, std::uint32_t group,
                    links how) noexcept;
/// What is empty stays.
int change_times_at(int folder, const std::string& path, std::optional<std::int64_t> accessed_ns,
                    std::optional<std::int64_t> modified_ns, links how) noexcept;

enum class rename_rule : std::uint8_t {
  replace,     ///< what has the new name already goes
  no_replace,  ///< EEXIST where something has it
  exchange,    ///< both must be there, and change names
};
/// -> 0
int rename_at(int old_folder, const std::string& old_path, int new_folder,
              const std::string& new_path, rename_rule rule) noexcept;
/// A symbolic link at `old_path` is linked itself.
int link_at(int old_folder, const std::string& old_path, int new_folder,
            const std::string& new_path) noexcept;
/// -> 0
int symlink_at(const std::string& target, int folder, const std::string& path) noexcept;
/// Where a symbolic link leads. -> 0
int read_link_at(int folder, const std::string& path, std::string& target);
/// -> 0
int unlink_at(int folder, const std::string& path) noexcept;
/// Of an empty one. -> 0
int remove_folder_at(int folder, const std::string& path) noexcept;
/// -> 0
int make_folder_at(int folder, const std::string& path, unsigned permissions) noexcept;

/// Opens a folder to be listed, or with a name of one component and `links::keep` none but the
/// folder of that very name. -> descriptor
int open_folder_at(int folder, const std::string& path, links how) noexcept;

/// The absolute path without links, "." and "..". -> 0
int real_path(const std::string& path, std::string& out);

/// Bytes and files of a file system.
struct space_info {
  std::uint64_t capacity = 0;
  std::uint64_t free = 0;
  std::uint64_t available = 0;  ///< to a process without privileges
  std::uint64_t files = 0;
  std::uint64_t free_files = 0;
  std::uint64_t longest_name = 0;
  bool is_read_only = false;
};
/// -> 0
int space_of(const std::string& path, space_info& out) noexcept;

/// The next names of an open folder, as the kernel lays them out, for `next_name`; 0 at the end.
/// -> count of bytes
int read_folder(int fd, std::span<char> into) noexcept;

/// One of these names. Points into the bytes read.
struct raw_name {
  const char* name = nullptr;
  std::uint64_t inode = 0;
  file_type type = file_type::unknown;
  std::size_t size = 0;  ///< of all that is stored of it: where the next one begins
};
/// The name that begins there. `from` is not empty.
raw_name next_name(std::span<const char> from) noexcept;

}  // namespace rondo::os

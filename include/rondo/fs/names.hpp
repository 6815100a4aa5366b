#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/os/file_system.hpp>
#include <rondo/task/task.hpp>

/// Files, folders and what they are called, as awaitables. Paths are bytes, copied when the
/// function is called. The calls run on the loop's pool, one by one, so a disk or a dead network
/// file system stops the task and not the loop.
///
/// All of them throw `error`, which names the path. Cancelled before its turn on the pool, a call
/// does nothing and throws `cancelled`; later it is awaited and keeps its result.
namespace rondo::fs {

using os::file_info;
using os::file_type;
using os::space_info;

/// The status of a file; of what a symbolic link leads to.
RONDO_OWNING_WRAPPER task<file_info> stat(std::string_view path);
/// The same, of the link itself.
RONDO_OWNING_WRAPPER task<file_info> lstat(std::string_view path);

/// Whether the path leads to anything. A link that leads nowhere is not there. Throws where that
/// can't be known: what lies in a folder which this process may not search.
RONDO_OWNING_WRAPPER task<bool> exists(std::string_view path);

/// What one may want to do with a file; they add up with `|`.
enum class access_right : unsigned { execute = 1, write = 2, read = 4 };
constexpr access_right operator|(access_right a, access_right b) noexcept {
  return static_cast<access_right>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
/// Whether this process may do that, false also where there is no such file. What is true now need
/// not be when you open it: to open is the better question where you mean to.
RONDO_OWNING_WRAPPER task<bool> access(std::string_view path, access_right wanted);

/// `permissions` as in `0644`.
RONDO_OWNING_WRAPPER task<> chmod(std::string_view path, unsigned permissions);

/// Who owns a file. What is empty stays.
struct file_owner {
  file_owner() noexcept = default;
  file_owner(std::optional<std::uint32_t> to_user, std::optional<std::uint32_t> to_group) noexcept
      : user(to_user), group(to_group) {}

  std::optional<std::uint32_t> user;
  std::optional<std::uint32_t> group;
  os::links last = os::links::follow;  ///< whether a link at `path` stands for itself
};
RONDO_OWNING_WRAPPER task<> chown(std::string_view path, file_owner owner);

/// When a file was read and changed, in nanoseconds since 1970. What is empty stays.
struct file_times {
  file_times() noexcept = default;
  file_times(std::optional<std::int64_t> accessed, std::optional<std::int64_t> modified) noexcept
      : accessed_ns(accessed), modified_ns(modified) {}

  std::optional<std::int64_t> accessed_ns;
  std::optional<std::int64_t> modified_ns;
  os::links last = os::links::follow;  ///< whether a link at `path` stands for itself
};
RONDO_OWNING_WRAPPER task<> set_times(std::string_view path, file_times times);

/// What `rename` does where the new name is taken.
using os::rename_rule;
/// Gives a file or folder another name on the same file system, in one step: whoever looks meets
/// the old state or the new one. `rename_rule::exchange` gives each the other's name.
RONDO_OWNING_WRAPPER task<> rename(std::string_view from, std::string_view to,
                                   rename_rule rule = rename_rule::replace);

/// A second name for the same file.
RONDO_OWNING_WRAPPER task<> hard_link(std::string_view existing, std::string_view name);
/// A link called `name` that leads to `target`, which is kept as it is: a relative one is relative
/// to the folder of the link, and need not be there.
RONDO_OWNING_WRAPPER task<> symlink(std::string_view target, std::string_view name);
/// Where a symbolic link leads, as it was made.
RONDO_OWNING_WRAPPER task<std::string> read_link(std::string_view path);

/// Removes a name, and with its last one the file once nobody has it open. Not of a folder.
RONDO_OWNING_WRAPPER task<> unlink(std::string_view path);

/// Makes one folder. `permissions` without the bits of the umask.
RONDO_OWNING_WRAPPER task<> make_folder(std::string_view path, unsigned permissions = 0777);
/// Makes all that are missing on the way, too; others may be at the same. Yields false where it was
/// there already.
RONDO_OWNING_WRAPPER task<bool> make_folders(std::string_view path, unsigned permissions = 0777);
/// Removes an empty folder.
RONDO_OWNING_WRAPPER task<> remove_folder(std::string_view path);

/// The absolute path, without links, "." and "..". It must lead somewhere.
RONDO_OWNING_WRAPPER task<std::string> real_path(std::string_view path);

/// How much room there is in the file system that `path` lies in.
RONDO_OWNING_WRAPPER task<space_info> space(std::string_view path);

}  // namespace rondo::fs

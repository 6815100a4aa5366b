#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/base/error.hpp>
#include <rondo/os/file_system.hpp>
#include <rondo/task/async_generator.hpp>

namespace rondo::fs {

/// How `walk` goes.
struct walk_options {
  walk_options() noexcept = default;

  /// How many folders deep; 1 is the names in the folder itself.
  unsigned max_depth = std::numeric_limits<unsigned>::max();
  /// The names of each folder in the order of their bytes, and not as they come. Takes the memory
  /// for all names of the folders that are open at a time.
  bool sorted = false;
  /// Fills in `walk_entry::info`, at the cost of a system call for each name.
  bool with_info = false;
  /// Goes into folders that symbolic links lead to. A folder which the way leads to a second time,
  /// in a circle, is a failure (`errc::too_many_links`), and not entered.
  bool follow_links = false;
  /// Does not go into folders where another file system is mounted; they are reported themselves.
  bool one_file_system = false;
  /// What can't be read is yielded as an entry with its `failure`, and not thrown.
  bool report_failures = false;
};

/// What a walk comes by: a name; or with a `failure` a folder that could not be read, or not to its
/// end, and whose own entry came before. The depth of that is the one of the names that are
/// missing. A name whose `info` could not be had has a `failure`, too.
struct walk_entry {
  std::string path;  ///< that of the folder which is walked, a slash, and so on
  os::file_type type = os::file_type::unknown;  ///< with `follow_links`: of what the link leads to
  unsigned depth = 0;                           ///< 1 for the names in the folder itself
  std::uint64_t inode = 0;
  std::optional<os::file_info> info;  ///< where it was asked for
  std::optional<error> failure;

  bool is_folder() const noexcept { return type == os::file_type::folder; }
  /// The last part of the path.
  std::string_view name() const noexcept {
    return std::string_view(path).substr(path.find_last_of('/') + 1);
  }
  /// The walk does not yield what is in this folder. To be called before the next entry is asked
  /// for.
  void skip() noexcept { is_skipped = true; }

  bool is_skipped = false;
};

/// All that is in a folder and in the folders in it; each folder comes before what is in it:
///
///     auto files = fs::walk("/srv/www");
///     while (fs::walk_entry* file = co_await files.next()) use(file->path);
///
/// An entry lives until the next one is asked for, and may be moved from. Read on the loop's pool,
/// a thousand names at a time, which are all that is in memory, however large the tree; trees of
/// any depth, on at most 32 descriptors (more with `follow_links`). What vanishes
/// meanwhile is left out, what appears may be. A folder is looked up in the one that holds it, so
/// nobody can lead the walk astray by exchanging it for a link.
///
/// Throws `error` for a folder that can't be read, unless `report_failures`; where `path` itself
/// can't be opened, in any case. A cancel that meets it while it reads ends it.
RONDO_OWNING_WRAPPER async_generator<walk_entry&> walk(std::string_view path,
                                                       walk_options how = walk_options());

}  // namespace rondo::fs

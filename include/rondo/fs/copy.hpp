#pragma once

#include <cstdint>
#include <string_view>

#include <rondo/base/unique_function.hpp>
#include <rondo/task/task.hpp>

namespace rondo::fs {

/// What a copy does where the target has something already.
enum class on_existing : std::uint8_t {
  fail,     ///< `errc::already_exists`
  replace,  ///< in one step: whoever looks meets the old file or the whole new one
  skip,
  update,  ///< replaces what was modified before the original was, and skips the rest
};

/// How far a copy is.
struct copy_progress {
  copy_progress(std::string_view original, std::uint64_t done, std::uint64_t all) noexcept
      : path(original), copied(done), size(all) {}

  std::string_view path;  ///< the original; as long as the call lasts
  std::uint64_t copied;   ///< bytes of this file
  std::uint64_t size;     ///< of it, when the copy began
};

/// How `copy_file` and `copy_tree` copy. Move-only.
struct copy_options {
  copy_options() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): what one nearly always means by options of a copy
  copy_options(on_existing then) noexcept : existing(then) {}

  on_existing existing = on_existing::fail;
  /// Reading, writing and executing, as the original has them; the bits that change the user of a
  /// program are never copied. Without it 0666 (folders 0777), less the umask.
  bool permissions = true;
  /// When it was read and modified.
  bool times = false;
  /// Called on the task's thread, some times a file and at its end. What it throws ends the copy.
  unique_function<void(const copy_progress&)> progress;
};

/// Copies a regular file, and yields whether it has (false: `on_existing::skip` or `update`).
///
/// The copy shares its blocks with the original where the file system can do that (Btrfs, XFS);
/// otherwise the kernel copies, or where that is not possible either, threads of the pool do, some
/// mebibytes at a time. Holes stay holes. It gets its name when it is complete, so a failure or a
/// cancel leaves nothing, and what had the name before. A symbolic link at `to` is replaced itself;
/// at `from` it is followed. Not synced: see `file::sync`.
///
/// Throws `error`.
RONDO_OWNING_WRAPPER task<bool> copy_file(std::string_view from, std::string_view to,
                                          copy_options how = copy_options());

/// What `copy_tree` has copied.
struct copy_summary {
  std::uint64_t folders = 0;  ///< the first one included; those that were made
  std::uint64_t files = 0;
  std::uint64_t links = 0;     ///< symbolic ones, copied as they are
  std::uint64_t skipped = 0;   ///< since something was there
  std::uint64_t left_out = 0;  ///< fifos, sockets and devices
};

/// Copies a folder with all that is in it to `to`, which becomes a copy of `from`, and does not
/// come to lie in it. A folder that is there is filled up; but for `on_existing::fail`, where `to`
/// itself must not be there. Files that were one by hard links become several.
///
/// Throws `error`; `errc::invalid_argument` where `to` lies in `from`. A failure or a cancel leaves
/// what has been copied by then, each file whole.
RONDO_OWNING_WRAPPER task<copy_summary> copy_tree(std::string_view from, std::string_view to,
                                                  copy_options how = copy_options());

}  // namespace rondo::fs

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Changes of files, as the kernel tells them (inotify(7)). Results are "0, a count or a
/// descriptor, or the negated errno". Any thread.
namespace rondo::os {

/// A queue of changes, which becomes readable. Non-blocking. -> descriptor
int open_watch() noexcept;

/// What is to be told of a folder beside what its names do.
struct watched {
  bool writes = false;      ///< each of them, and not only that a file was closed after some
  bool attributes = false;  ///< permissions, owners, times
  bool follow = false;      ///< where the path is a symbolic link
};
/// Watches a folder: the same number for the same folder. -> number of the watch
int watch_folder(int fd, const std::string& path, watched what) noexcept;
/// -> 0
int unwatch(int fd, int watch) noexcept;

/// As many changes as fit, as the kernel lays them out, for `next_change`. -> count of bytes
int read_changes(int fd, std::span<char> into) noexcept;

enum class raw_change_kind : std::uint8_t {
  created,
  modified,
  written,  ///< closed, by somebody who could write
  attributes,
  removed,
  moved_from,
  moved_to,
  self_removed,
  self_moved,
  unmounted,
  forgotten,   ///< the watch is gone
  overflowed,  ///< the queue was full, and changes are missing
  other,
};

/// One change. Points into the bytes read.
struct raw_change {
  int watch = -1;
  raw_change_kind kind = raw_change_kind::other;
  bool is_folder = false;
  std::uint32_t cookie = 0;  ///< equal in both halves of a move
  std::string_view name;     ///< in the folder; empty where it is about the folder itself
  std::size_t size = 0;      ///< of all that is stored of it: where the next one begins
};
/// The change that begins there. `from` is not empty.
raw_change next_change(std::span<const char> from) noexcept;

}  // namespace rondo::os

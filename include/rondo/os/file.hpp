#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Files, read with plain calls that may wait for a disk, but for those that say otherwise. Results
/// are "a count or a descriptor, or the negated errno". Any thread.
namespace rondo::os {

/// What one can know of an open file.
struct file_facts {
  bool is_regular = false;
  bool is_folder = false;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since 1970
};

/// One name in a folder.
struct folder_entry {
  std::string name;  ///< bytes, as the file system has it
  file_facts facts;  ///< of a link: those of the link itself
  bool is_link = false;
};

/// Opens a folder, to be looked into. -> descriptor
int open_folder(const std::string& path) noexcept;

/// Opens a file or folder for reading, by a path relative to `folder` that can't lead out of it,
/// neither by ".." nor by a symbolic link (openat2(2) with RESOLVE_BENEATH, Linux 5.6; where a
/// filter forbids that call, paths with symbolic links are refused). Never waits for a fifo's other
/// end, but for somebody's lease. -> descriptor
int open_beneath(int folder, const std::string& path) noexcept;
/// The same only if all of the path was looked up before, so that no disk is asked; `would_block`
/// where it was not, and where nobody can tell: before Linux 5.12, or where openat2(2) is forbidden
/// (RESOLVE_CACHED).
int try_open_beneath(int folder, const std::string& path) noexcept;

/// -> 0, with the facts in `out`
int facts_of(int fd, file_facts& out) noexcept;
/// The same as far as this machine knows: no server of a network file system is asked (statx(2)
/// with AT_STATX_DONT_SYNC).
int known_facts_of(int fd, file_facts& out) noexcept;

/// At most `size` bytes from `offset` on; 0 at the end. -> count
int read_at(int fd, void* into, std::size_t size, std::uint64_t offset) noexcept;

/// All that is in a folder but "." and "..", in the order of the file system; links are not
/// followed. What vanishes meanwhile is left out. `fd` stays open. -> 0
int list_folder(int fd, std::vector<folder_entry>& out);

}  // namespace rondo::os

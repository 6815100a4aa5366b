#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/os/file_system.hpp>
#include <rondo/task/task.hpp>

namespace rondo::fs {

/// One name in a folder, as the folder itself knows it.
struct folder_entry {
  folder_entry(std::string_view called, os::file_type of, std::uint64_t number)
      : name(called), type(of), inode(number) {}

  std::string name;    ///< bytes, as the file system has it
  os::file_type type;  ///< of a link: that it is one
  std::uint64_t inode;

  bool is_folder() const noexcept { return type == os::file_type::folder; }
};

/// All names in one folder but "." and "..", in the order of the file system, which is none. It
/// asks for no file's status, unless the file system doesn't tell the types otherwise. For a tree,
/// or a folder whose names may not fit into memory, see `walk`. Throws `error`.
RONDO_OWNING_WRAPPER task<std::vector<folder_entry>> list(std::string_view path);

}  // namespace rondo::fs

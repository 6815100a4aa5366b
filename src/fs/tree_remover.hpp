#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/async/offload.hpp>

#include "fs/folder_reader.hpp"

namespace rondo::fs {

/// Removes a tree with plain calls, some names at a time. Any thread, one at a time.
///
/// The folders on the way down are a stack of its own. Those far above are closed, and opened again
/// on the way up, through "..", if that still leads to the same folder; since what was read of them
/// is removed by then, they are read from the start.
class tree_remover {
 public:
  explicit tree_remover(std::string path) : path_(std::move(path)) {}

  /// Removes the next names; false where all are gone. Throws `error`.
  bool go_on(stop_flag stop);
  /// How many names have been removed.
  std::uint64_t count() const noexcept { return count_; }

 private:
  struct level {
    level(os::fd folder, const os::file_info& is, std::string_view called)
        : names(std::move(folder)), device(is.device), inode(is.inode), name(called) {}

    folder_reader names;
    std::uint64_t device;
    std::uint64_t inode;
    std::string name;  // in the level above
    int fresh_starts = 0;
  };

  void begin();
  /// One name, or the end of a folder.
  void advance();
  void remove(const std::string& name);
  void enter(const std::string& name);
  void leave();
  int reopen(const os::fd& below, level& above);
  /// Of the folder that holds the name, or of the one where all began.
  int folder_of_last() const noexcept;
  [[noreturn]] void fail(int outcome, std::string_view name, std::string_view remedy = {}) const;

  std::string path_;
  os::fd above_;  // the folder that holds the first name
  std::string first_;
  std::vector<level> levels_;
  std::size_t first_open_ = 0;  // those before are closed
  std::uint64_t count_ = 0;
  bool has_begun_ = false;
};

}  // namespace rondo::fs

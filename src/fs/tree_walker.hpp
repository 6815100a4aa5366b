#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/async/offload.hpp>
#include <rondo/fs/walk.hpp>

#include "fs/folder_reader.hpp"

namespace rondo::fs {

/// Walks a tree with plain calls, a batch at a time. Any thread, one at a time.
///
/// The folders on the way down are a stack of its own, so no depth overflows anything. Of those far
/// above, the descriptors are given back; on the way up they are opened again through "..", if that
/// still leads to the same folder.
class tree_walker {
 public:
  static constexpr unsigned nowhere = ~0U;

  tree_walker(std::string root, walk_options how) : root_(std::move(root)), how_(how) {}

  /// The next entries; they are not in folders of a depth of `leave` or more. False at the end.
  /// The first call opens the folder and throws `error` where that fails; other failures are
  /// entries. Where a stop is requested it ends early.
  bool fill(std::vector<walk_entry>& batch, unsigned leave, stop_flag stop);

 private:
  using entries = std::vector<walk_entry>;

  struct level {
    level(os::fd folder, const os::file_info& is, std::size_t path_size, bool through_link)
        : names(std::move(folder)),
          device(is.device),
          inode(is.inode),
          path_end(path_size),
          by_link(through_link) {}

    folder_reader names;
    std::uint64_t device;
    std::uint64_t inode;
    std::size_t path_end;  // how much of `path_` names it
    bool by_link;          // then ".." does not lead to the level above
  };

  void open_root(entries& batch);
  /// One name, or the end of a folder. What that takes of memory, in bytes.
  std::size_t advance(entries& batch);
  /// False where the name is gone.
  bool describe(const os::raw_name& found, walk_entry& entry, bool& by_link) const;
  void enter(const os::raw_name& found, bool by_link, entries& batch);
  void push(os::fd folder, const os::file_info& is, bool by_link, entries& batch);
  void pop(entries& batch);
  bool is_on_the_way(const os::file_info& folder) const noexcept;
  /// A failure about `path_`, whose missing names are at this depth.
  void report(entries& batch, unsigned depth, error why) const;
  unsigned depth() const noexcept { return static_cast<unsigned>(levels_.size()); }

  std::string root_;
  std::string path_;  // of the innermost folder
  walk_options how_;
  std::vector<level> levels_;
  std::size_t first_open_ = 0;  // those before have no descriptor, or keep theirs
  bool has_begun_ = false;
};

}  // namespace rondo::fs

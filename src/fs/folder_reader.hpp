#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/os/fd.hpp>
#include <rondo/os/file_system.hpp>

namespace rondo::fs {

/// The names in one open folder, a buffer of them at a time; or all at once, where they are to be
/// sorted or the descriptor is needed elsewhere. Any thread, one at a time.
class folder_reader {
 public:
  explicit folder_reader(os::fd folder) noexcept : folder_(std::move(folder)) {}

  /// The next one but "." and "..", until the next call. -> 1, or 0 at the end
  int next(os::raw_name& out);

  /// Reads all that is left and sorts it by the bytes of the names. Before the first `next`.
  int sort();
  /// Reads all that is left and gives the descriptor back.
  int put_aside();

  /// Negative where it was put aside.
  int descriptor() const noexcept { return folder_.get(); }
  os::fd release() noexcept { return std::move(folder_); }
  /// The same folder, opened again.
  void reopened(os::fd folder) noexcept { folder_ = std::move(folder); }

 private:
  int read_more();
  int read_rest();

  os::fd folder_;
  std::vector<char> bytes_;  // as the kernel laid them out
  std::size_t at_ = 0;
  bool has_ended_ = false;
  bool is_sorted_ = false;
  std::vector<std::size_t> order_;  // where each begins in `bytes_`; of a sorted one
};

}  // namespace rondo::fs

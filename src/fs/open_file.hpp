#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace rondo {
class loop;
}

namespace rondo::fs {

/// What is known of one open file, shared by its `file`, the operations that are awaited on it and
/// the locks that are held: the last of them closes it.
struct open_file {
  int fd = -1;
  std::string path;
  std::uint64_t position = 0;
  std::uint64_t size_hint = 0;  ///< when it was opened
  bool is_for_writing = false;
  bool position_is_in_use = false;  ///< by an operation that is awaited
  loop* home = nullptr;             ///< where it was opened,
  const void* thread = nullptr;     ///< and the thread of that loop

  void keep() noexcept { users_.fetch_add(1, std::memory_order_relaxed); }
  void leave() noexcept {
    if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1) close();
  }
  /// Whether nobody but the caller uses it.
  bool is_used_by_one() const noexcept { return users_.load(std::memory_order_acquire) == 1; }

 private:
  void close() noexcept;

  std::atomic<int> users_ = 1;
};

}  // namespace rondo::fs

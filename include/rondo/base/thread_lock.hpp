#pragma once

#include <atomic>

namespace rondo {

/// A lock between threads for a few instructions at a time: one byte that spins, and gives up its
/// turn to the scheduler where the holder seems to have lost the processor. Never held across an
/// await, a system call or an allocation. Fits std::lock_guard.
class thread_lock {
 public:
  thread_lock() noexcept = default;
  thread_lock(const thread_lock&) = delete;

  void lock() noexcept {
    // acquire pairs with the release in `unlock`: all that was written under the lock is seen.
    if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]]
      lock_slowly();
  }
  void unlock() noexcept { held_.store(false, std::memory_order_release); }

 private:
  void lock_slowly() noexcept;

  std::atomic<bool> held_{
      false};  // true while somebody is inside; written by who enters and leaves
};

}  // namespace rondo

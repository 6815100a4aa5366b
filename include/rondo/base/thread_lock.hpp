#pragma once

#include <atomic>

#include <rondo/base/assert.hpp>

namespace rondo {

namespace detail {
/// Points to what is not 0 as long as this process has one thread only, where the C library tells;
/// otherwise to a 0. It changes before a second thread begins.
extern constinit const char* const single_threaded;
}  // namespace detail

/// A lock between threads for a few instructions at a time: one byte that spins, and gives up its
/// turn to the scheduler where the holder seems to have lost the processor. Never held across an
/// await, a system call or an allocation. Fits std::lock_guard.
///
/// While the process has only one thread nobody else can come, and the lock is an ordinary byte: an
/// atomic exchange would be most of what a channel or a mutex costs.
class thread_lock {
 public:
  thread_lock() noexcept = default;
  thread_lock(const thread_lock&) = delete;

  void lock() noexcept {
    if (*detail::single_threaded != 0) {
      RONDO_ASSERT(!held_.load(std::memory_order_relaxed));  // it would wait for itself
      held_.store(true, std::memory_order_relaxed);
      return;
    }
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

// The way of who finds the lock taken: look without writing, so that the holder keeps the cache
// line, and let another thread run when that does not help soon.
#include <thread>

#include <rondo/base/thread_lock.hpp>

namespace rondo {

void thread_lock::lock_slowly() noexcept {
  constexpr int looks_before_yielding = 64;
  for (;;) {
    for (int i = 0; held_.load(std::memory_order_relaxed); ++i) {
      if (i >= looks_before_yielding) std::this_thread::yield();
    }
    if (!held_.exchange(true, std::memory_order_acquire)) return;
  }
}

}  // namespace rondo

// The way of who finds the lock taken: look without writing, so that the holder keeps the cache
// line, and let another thread run when that does not help soon. And whether there is anybody else.
#include <thread>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

#include <rondo/base/thread_lock.hpp>

namespace rondo {

#if __has_include(<sys/single_threaded.h>)
// glibc's own flag, which it clears in pthread_create.
constinit const char* const detail::single_threaded = &__libc_single_threaded;
#else
static constexpr char perhaps_not = 0;
constinit const char* const detail::single_threaded = &perhaps_not;
#endif

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

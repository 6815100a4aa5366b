// Counting down. Once it is at zero it stays there, so who sees that need not ask for the lock.
#include <rondo/sync/latch.hpp>

namespace rondo {

void latch::count(int done, granted& all) noexcept {
  const int left = left_.load(std::memory_order_relaxed);
  RONDO_ASSERT(done >= 0 && done <= left, done, left);
  left_.store(left - done, std::memory_order_release);
  if (left == done) pop_all(all);
}

void latch::count_down(int done) noexcept {
  granted all;
  {
    const holding hold(*this);
    count(done, all);
  }
  all.resume_all();
}

}  // namespace rondo

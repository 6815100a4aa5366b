// Real time. The monotonic clock, because a wall clock that is set back must not stop timers.
#include <time.h>

#include <rondo/os/clock.hpp>

namespace rondo {

instant monotonic_clock::now() noexcept {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);  // can't fail for this clock
  return instant::from_ns(static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec);
}

std::int64_t monotonic_clock::unix_second() noexcept {
  return time(nullptr);
}

instant os::coarse_now() noexcept {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return instant::from_ns(static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec);
}

monotonic_clock& real_clock() noexcept {
  static constinit monotonic_clock shared;
  return shared;
}

}  // namespace rondo

#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <rondo/base/sanitizers.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/watchdog/stall.hpp>

namespace rondo::testing {

/// ThreadSanitizer holds a signal back until the thread calls something that it watches, so what is
/// captured is what the thread did a little later.
inline constexpr bool signals_are_late = RONDO_TSAN;

/// So short that no test waits long for its report, and not so short that an ordinary call on a
/// slow machine exceeds it.
inline duration short_limit() {
  return default_stall_limit() / 5;
}

inline loop_options with_short_limit() {
  loop_options options;
  options.stall_limit = short_limit();
  options.recorded_as = "tested";
  return options;
}

/// Takes what the watchdog tells, as long as it lives. Any thread.
class stalls_seen {
 public:
  stalls_seen() {
    set_stall_hook([this](const stall& s) {
      const std::lock_guard hold(mutex_);
      (s.is_over ? ended_ : begun_).push_back(s);
      more_.notify_all();
    });
  }
  stalls_seen(const stalls_seen&) = delete;
  ~stalls_seen() { set_stall_hook(nullptr); }

  std::size_t count() const {
    const std::lock_guard hold(mutex_);
    return begun_.size();
  }
  stall begun(std::size_t which) const {
    const std::lock_guard hold(mutex_);
    return begun_.at(which);
  }
  /// Waits for it.
  stall ended(std::size_t which) const {
    std::unique_lock hold(mutex_);
    more_.wait(hold, [&] { return ended_.size() > which; });
    return ended_[which];
  }
  /// Waits until so many have begun.
  void wait_for(std::size_t how_many) const {
    std::unique_lock hold(mutex_);
    more_.wait(hold, [&] { return begun_.size() >= how_many; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable more_;
  std::vector<stall> begun_, ended_;
};

/// What a test is stuck in: computes until so many stalls have been told of.
[[gnu::noinline]] inline void spin_until_told(const stalls_seen& seen, std::size_t how_many) {
  while (seen.count() < how_many) std::this_thread::yield();
}

}  // namespace rondo::testing

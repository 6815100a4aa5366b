#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include <rondo/watchdog/stall.hpp>

namespace rondo::testing {

/// Takes what the watchdog tells, as long as it lives. Any thread.
class stalls_seen {
 public:
  stalls_seen() {
    set_stall_hook([this](const stall& s) {
      const std::lock_guard hold(mutex_);
      all_.push_back(s);
      more_.notify_all();
    });
  }
  stalls_seen(const stalls_seen&) = delete;
  ~stalls_seen() { set_stall_hook(nullptr); }

  std::size_t count() const {
    const std::lock_guard hold(mutex_);
    return all_.size();
  }
  stall at(std::size_t which) const {
    const std::lock_guard hold(mutex_);
    return all_.at(which);
  }
  /// Until so many have come.
  void wait_for(std::size_t how_many) const {
    std::unique_lock hold(mutex_);
    more_.wait(hold, [&] { return all_.size() >= how_many; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable more_;
  std::vector<stall> all_;
};

}  // namespace rondo::testing

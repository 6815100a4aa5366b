#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace rondo::testing {

/// Where the jobs of a test hang until it lets them go, at the latest when the gate dies.
class gate {
 public:
  gate() = default;
  gate(const gate&) = delete;
  ~gate() {
    open();
    // Who hung here may still be on his way out.
    while (inside_.load() > 0) std::this_thread::yield();
  }

  /// Blocks until the gate is open.
  void pass() {
    ++inside_;
    {
      std::unique_lock lock(mutex_);
      ++arrived_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
    }
    --inside_;
  }

  /// Blocks until `n` have come to the gate.
  void await_arrivals(int n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= n; });
  }

  int arrivals() {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int arrived_ = 0;
  std::atomic<int> inside_{0};
};

/// Blocks until `condition()` holds, which other threads bring about. Without a limit of its own:
/// the test program has one.
template <class Condition>
void await_condition(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

}  // namespace rondo::testing

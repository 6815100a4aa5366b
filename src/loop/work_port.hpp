#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <rondo/loop/loop_work.hpp>

namespace rondo {

/// Between a loop and its outstanding work, on whichever thread that is; whoever leaves last
/// destroys it. Under the mutex it is decided what becomes of work that ends: it is posted to the
/// loop, which therefore is there still; or its owner has given it up before.
class loop_work::port {
 public:
  explicit port(loop& l) noexcept : home(&l) {}

  void retain() noexcept { holders_.fetch_add(1, std::memory_order_relaxed); }
  /// acq_rel: who destroys it sees all that the others did here.
  void release() noexcept {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  loop* const home;  // alive while any work is awaited
  std::mutex mutex;
  int awaited = 0;  // how much has neither ended nor been forsaken
  bool closing = false;
  std::condition_variable all_ended;  // while closing: `awaited` has become 0

 private:
  // The loop and each outstanding work. Written by the loop and by the threads of the pool.
  std::atomic<int> holders_{1};
};

}  // namespace rondo

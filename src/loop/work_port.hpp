#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include <rondo/loop/loop_work.hpp>

namespace rondo {

/// Between a loop and its outstanding work, on whichever thread that is. Under the mutex it is
/// decided what becomes of work that ends: it is posted to the loop, which therefore is there
/// still; or its owner has given it up before. Destroyed by the loop, or by the last forsaken work
/// if that ends later.
class loop_work::port {
 public:
  explicit port(loop& l) noexcept : home(&l) {}

  loop* const home;            // alive while any work is awaited
  std::uint64_t expected = 0;  // the loop's: how much it has submitted, and neither got back nor
                               // given up; constant while it closes

  // All below is guarded.
  std::mutex mutex;
  std::uint64_t delivered = 0;            // of what is expected
  int forsaken = 0;                       // not ended, and nobody waits
  bool closing = false;                   // the loop ends, and waits for what is expected ...
  std::condition_variable all_delivered;  // ... until this is told
  bool deserted = false;                  // the loop is gone
};

}  // namespace rondo

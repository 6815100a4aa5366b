#pragma once

#include <atomic>

#include <rondo/base/job.hpp>

namespace rondo {

/// Many threads put jobs in, one takes all of them out at once, oldest first. Lock-free: a push is
/// one compare-and-swap on a stack, and the taker turns the stack round.
class inbox {
 public:
  inbox() noexcept = default;
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;

  /// Any thread. True where the inbox was empty: then, and only then, the taker needs a wake.
  bool push(job& j) noexcept {
    job* seen = top_.load(std::memory_order_relaxed);
    do {
      j.next = seen;
      // Its release half pairs with the acquire of take_into: the taker sees the job's contents.
    } while (!top_.compare_exchange_weak(seen, &j, std::memory_order_seq_cst,
                                         std::memory_order_relaxed));
    return seen == nullptr;
  }

  /// Any thread; may be out of date at once.
  bool empty() const noexcept { return top_.load(std::memory_order_seq_cst) == nullptr; }

  /// The taker's thread only. Appends all that is here to `out`, in the order of the pushes. True
  /// where there was something: so often one push has said that the inbox was empty.
  bool take_into(job_queue& out) noexcept {
    if (top_.load(std::memory_order_relaxed) == nullptr) return false;
    job* stack = top_.exchange(nullptr, std::memory_order_acquire);
    job* reversed = nullptr;
    while (stack != nullptr) {
      job* const below = stack->next;
      stack->next = reversed;
      reversed = stack;
      stack = below;
    }
    while (reversed != nullptr) {
      job* const j = reversed;
      reversed = reversed->next;
      out.push(*j);
    }
    return true;
  }

 private:
  // Values: null, or the newest job. Writers: every pushing thread (CAS), the taker (exchange).
  // seq_cst on push and empty(): the loop's sleep protocol orders them against its sleeping flag.
  std::atomic<job*> top_{nullptr};
};

}  // namespace rondo

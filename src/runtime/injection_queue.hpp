#pragma once
// The queue that all workers share: jobs from outside, and what overflowed.

#include <algorithm>
#include <cstddef>
#include <mutex>

#include <rondo/base/job.hpp>

#include "runtime/memory.hpp"

namespace rondo {

/// First in, first out, for any thread on either side. A lock for a few instructions, since whoever
/// comes here has left the fast path already; only the question whether there is anything, which
/// every worker asks often, is answered without it.
template <class Memory>
class basic_injection_queue {
 public:
  basic_injection_queue() noexcept = default;
  basic_injection_queue(const basic_injection_queue&) = delete;
  basic_injection_queue& operator=(const basic_injection_queue&) = delete;

  /// Any thread. False after `close`: `j` is still the caller's.
  bool push(job& j) noexcept {
    job_queue one;
    one.push(j);
    return push(one, 1);
  }

  /// Any thread. Takes all of `jobs`, which are `count`. False after `close`: then none of them.
  bool push(job_queue& jobs, std::size_t count) noexcept {
    const std::lock_guard guard(lock_);
    if (closed_) return false;
    Memory::change(jobs_).append(jobs);
    length_.store(length_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    return true;
  }

  /// Any thread. The oldest, or null.
  job* pop() noexcept {
    job_queue one;
    pop(1, one);
    return one.pop();
  }

  /// Any thread. Moves the oldest, at most `most` of them, to the end of `out`; answers how many.
  std::size_t pop(std::size_t most, job_queue& out) noexcept {
    if (empty()) return 0;
    const std::lock_guard guard(lock_);
    const std::size_t length = length_.load(std::memory_order_relaxed);
    const std::size_t count = std::min(length, most);
    if (count == 0) return 0;
    job_queue& jobs = Memory::change(jobs_);
    for (std::size_t i = 0; i < count; ++i) out.push(*jobs.pop());
    length_.store(length - count, std::memory_order_relaxed);
    return count;
  }

  /// Any thread. How many one of `workers` should take at once, so that the others have theirs: at
  /// least 1.
  std::size_t share(std::size_t workers) const noexcept { return size() / workers + 1; }

  /// Any thread; out of date at once. As with `steal_queue::size`, a fence on both sides helps.
  std::size_t size() const noexcept { return length_.load(std::memory_order_relaxed); }
  bool empty() const noexcept { return size() == 0; }

  /// Any thread. From now on nothing comes in; what is here can still be taken out. True the first
  /// time.
  bool close() noexcept {
    const std::lock_guard guard(lock_);
    const bool first = !closed_;
    closed_ = true;
    return first;
  }

 private:
  mutable typename Memory::lock lock_;
  typename Memory::template plain<job_queue> jobs_;       // under lock_
  typename Memory::template plain<bool> closed_ = false;  // under lock_
  // How many are in jobs_. Written under lock_, read anywhere. Relaxed: who reads it outside of the
  // lock learns only whether it is worth taking.
  typename Memory::template atomic<std::size_t> length_{0};
};

using injection_queue = basic_injection_queue<native_memory>;

}  // namespace rondo

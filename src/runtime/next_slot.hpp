#pragma once
// The job to run next: the one that was woken last.

#include <cstdint>

#include <rondo/base/job.hpp>

#include "runtime/memory.hpp"

namespace rondo {

/// Room for one job, beside a worker's queue and before it. Where a job wakes another and then
/// waits for its answer, the other runs at once, on this worker, with what they share still in the
/// cache. (The worker limits how often in a row it looks here first; or two that wake each other
/// would starve the queue.)
///
/// A thief must not take such a job at once: the answer would come from another processor, a
/// hundred times slower, and so on with every message. But he must take it in the end, or a job
/// that wakes another and then computes for a second would hold it up for that second. The rule:
/// **a thief takes it where he saw the same one at his last look**, and who saw one that he may not
/// take yet goes to sleep for a short time at most (`idle_workers`: he watches), and looks again.
/// Two that talk to each other put a new job here every few hundred nanoseconds and are left alone;
/// whoever is stuck behind a long one gets away at the second look.
///
/// (Tokio's slot couldn't be stolen from, until it could, and that was taken back: #8065.)
template <class Memory>
class basic_next_slot {
 public:
  /// What a thief remembers of one slot between his looks.
  class look {
    friend class basic_next_slot;
    std::uint32_t puts_ = 0;
  };

  basic_next_slot() noexcept = default;
  basic_next_slot(const basic_next_slot&) = delete;
  basic_next_slot& operator=(const basic_next_slot&) = delete;

  /// The owner's. Answers the one that was here and now has to go to the queue, or null.
  job* put(job& j) noexcept {
    puts_.store(puts_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    // release pairs with the acquire in `steal`: the thief sees what is in the job. What was here
    // the owner has put himself.
    return job_.exchange(&j, std::memory_order_release);
  }

  /// The owner's. What is here, or null.
  job* take() noexcept {
    // Most often it is empty, which is read without a locked instruction.
    if (job_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return job_.exchange(nullptr, std::memory_order_relaxed);  // null where a thief was faster
  }

  /// Any other thread. The job that was here at the last look already; otherwise null.
  job* steal(look& last) noexcept {
    const std::uint32_t puts = puts_.load(std::memory_order_relaxed);
    job* j = job_.load(std::memory_order_relaxed);
    if (j == nullptr) return nullptr;
    if (puts != last.puts_) {
      last.puts_ = puts;
      return nullptr;
    }
    // That the job was put again between the loads and here does no harm: it is taken early, once.
    if (!job_.compare_exchange_strong(j, nullptr, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
      return nullptr;
    }
    return j;
  }

  /// Any thread; out of date at once. As with `steal_queue::size`, a fence on both sides helps.
  bool empty() const noexcept { return job_.load(std::memory_order_relaxed) == nullptr; }

 private:
  // Null, or the job. Writers: the owner (exchange), a thief (to null only).
  typename Memory::template atomic<job*> job_{nullptr};
  // How often the owner has put one here: tells one put from the next. Writer: the owner. Relaxed:
  // it only decides whether a thief is patient, never who gets the job.
  typename Memory::template atomic<std::uint32_t> puts_{0};
};

using next_slot = basic_next_slot<native_memory>;

}  // namespace rondo

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <rondo/base/assert.hpp>
#include <rondo/base/job.hpp>
#include <rondo/base/time.hpp>

namespace rondo {

/// A timer: a job with a due time, part of whatever waits for it. Armed at most once at a time.
/// Lifetime: in place while armed. It leaves the heap before it is queued or run.
class timer : public job {
 public:
  timer() noexcept = default;
  explicit timer(run_function f) noexcept : job(f) {}
  /// Only while it is not armed: an armed timer stays in place.
  timer(timer&& other) noexcept : job(other.run) { RONDO_ASSERT(!other.is_armed()); }
  timer& operator=(timer&&) = delete;

  bool is_armed() const noexcept { return position_ != unarmed; }

  /// The owner's: whether its `run` may be called by another thread than that of its heap, where
  /// that is busy. See loop::lend.
  bool may_be_lent = false;

 private:
  friend class timer_heap;
  static constexpr std::uint32_t unarmed = UINT32_MAX;

  std::uint32_t position_ = unarmed;  // index into the heap's entries, kept by the heap
};

/// Timers by due time, then by the order of arming. A four-ary heap: half the depth of a binary
/// one, and the four children of a node lie side by side. The keys are in the heap's own array, so
/// a comparison never follows a pointer to a cold timer. Not thread-safe.
class timer_heap {
 public:
  timer_heap() noexcept = default;
  timer_heap(const timer_heap&) = delete;
  timer_heap& operator=(const timer_heap&) = delete;

  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }

  /// The earliest due time, `instant::never()` where there is none.
  instant next_due() const noexcept {
    return entries_.empty() ? instant::never() : entries_.front().due;
  }

  /// Logarithmic, constant on average for arbitrary due times. Throws std::bad_alloc when the array
  /// can't grow; nothing has changed then. The timer must not be armed.
  void arm(timer& t, instant due);

  /// Takes it out; false, and nothing, where it is not armed. A timer armed in another heap is a
  /// bug.
  bool disarm(timer& t) noexcept;

  /// When a timer that is armed here is due.
  instant due(const timer& t) const noexcept;

  /// Takes out the first timer if it was due at `now` and armed before the call of `arm` numbered
  /// `generation` (see `next_generation`); otherwise null. With the generation taken at the start
  /// of a phase, timers armed by its callbacks wait for the next turn even where they are due at
  /// once.
  timer* pop_due(instant now, std::uint64_t generation = UINT64_MAX) noexcept;

  std::uint64_t next_generation() const noexcept { return sequence_; }

  /// Calls `f(const timer&, instant due)` on each, in no order.
  template <class F>
  void for_each(F&& f) const {
    for (const entry& e : entries_) f(static_cast<const timer&>(*e.owner), e.due);
  }

 private:
  struct entry {
    instant due;
    std::uint64_t sequence;  // breaks ties in the order of arming
    timer* owner;

    // As one number of 128 bits, hence without a branch, which the processor could only guess.
    __extension__ using key = __int128;
    key order() const noexcept { return (static_cast<key>(due.count_ns()) << 64) | sequence; }
    bool before(const entry& other) const noexcept { return order() < other.order(); }
  };

  bool holds(const timer& t) const noexcept;
  void place(std::size_t at, const entry& e) noexcept;
  std::size_t least_of_four(std::size_t first) const noexcept;
  std::size_t least_of_rest(std::size_t first) const noexcept;
  void prefetch_children(std::size_t first) const noexcept;
  void sift_up(std::size_t at, const entry& e) noexcept;
  void sift_down(std::size_t at, const entry& e) noexcept;
  void remove_at(std::size_t at) noexcept;

  std::vector<entry> entries_;
  std::uint64_t sequence_ = 0;
};

}  // namespace rondo

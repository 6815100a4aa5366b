#pragma once
// The run queue of one worker: a ring from which others may take half.

#include <algorithm>
#include <array>
#include <cstdint>

#include <rondo/base/job.hpp>

#include "runtime/memory.hpp"

namespace rondo {

/// What a thief brings home: one job to run first, the others are in his own queue already.
struct stolen_jobs {
  job* first = nullptr;     ///< null where there was nothing to take
  std::uint32_t count = 0;  ///< with `first`
};

/// First in, first out, of at most `Capacity` jobs. One thread, the owner, pushes and pops; any
/// other thread may steal the older half of it into a queue that it owns itself. No operation
/// waits for another thread: each either goes on or finds that somebody else did.
///
/// How it works. Indices run from 0 and wrap at 2^32; index i lives in slot i % Capacity.
///
///         free_to        next                tail
///     ... |  being copied |  waiting          |  free ...
///
/// - [next, tail) wait. The owner adds at `tail`; he and thieves take at `next`.
/// - [free_to, next) belong to one thief, who is copying them out. The owner must not write there
///   yet. Where free_to == next no thief is at work, and the first who comes may begin.
///
/// free_to and next change together, so they share a word, `head_`. A thief moves `next` (now the
/// jobs are his), copies, and then moves `free_to` up to where `next` is by then (now the slots are
/// the owner's again). This is the scheme of Tokio's run queue. Deques that let the owner pop
/// without a compare-and-swap (Chase and Lev, 2005) take from the end last pushed, which starves
/// the oldest, and can't hand out several at a time.
///
/// ABA: a compare-and-swap on `head_` could mistake one value for an older one only where 2^32 jobs
/// pass between two steps of one thief.
template <class Memory, std::uint32_t Capacity = 256>
class basic_steal_queue {
  static_assert(Capacity >= 2 && (Capacity & (Capacity - 1)) == 0);

 public:
  basic_steal_queue() noexcept : basic_steal_queue(0) {}
  /// `first` is the index to begin with: the tests begin just before the wrap.
  explicit basic_steal_queue(std::uint32_t first) noexcept
      : head_(pack({first, first})), tail_(first) {}
  basic_steal_queue(const basic_steal_queue&) = delete;
  basic_steal_queue& operator=(const basic_steal_queue&) = delete;

  static constexpr std::uint32_t capacity() noexcept { return Capacity; }

  /// The owner's. Adds `j` behind all others. Where there is no room `j` goes to the end of
  /// `overflow` instead, behind the older half of this queue, so that one batch brings work to
  /// where all find it and the owner has room again. Answers how many went to `overflow`: 0 almost
  /// always.
  std::uint32_t push(job& j, job_queue& overflow) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    // acquire pairs with the release by which a thief gives slots back: he has read them.
    std::uint64_t word = head_.load(std::memory_order_acquire);
    for (;;) {
      const ends head = unpack(word);
      if (tail - head.free_to < Capacity) {
        slots_[tail % Capacity] = &j;
        publish(tail + 1);
        return 0;
      }
      std::uint32_t moved = 0;
      if (head.free_to == head.next) {
        if (!evict_half(word, overflow)) continue;  // a thief was faster: there may be room now
        moved = Capacity / 2;
      }
      // Otherwise a thief is about to make room. Waiting for him would be waiting for his
      // processor, so this one job goes round.
      overflow.push(j);
      return moved + 1;
    }
  }

  /// The owner's. How many can be pushed for sure.
  std::uint32_t room() const noexcept {
    const ends head = unpack(head_.load(std::memory_order_acquire));  // as in `push`
    return Capacity - (tail_.load(std::memory_order_relaxed) - head.free_to);
  }

  /// The owner's. Adds the first `count` of `jobs`, which are there, and for which there is room.
  /// Thieves see all of them at once.
  void push(job_queue& jobs, std::uint32_t count) noexcept {
    RONDO_ASSERT(count <= room(), count, room());
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < count; ++i) slots_[(tail + i) % Capacity] = jobs.pop();
    publish(tail + count);
  }

  /// The owner's. The oldest job, or null.
  job* pop() noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    // May be out of date: then it shows more jobs than there are, and the exchange below fails.
    std::uint64_t word = head_.load(std::memory_order_relaxed);
    for (;;) {
      const ends head = unpack(word);
      if (head.next == tail) return nullptr;
      const std::uint32_t next = head.next + 1;
      const bool being_copied = head.free_to != head.next;
      // release pairs with the acquire loads of `head_` by thieves: see `steal_into`.
      if (head_.compare_exchange_weak(word, pack({being_copied ? head.free_to : next, next}),
                                      std::memory_order_release, std::memory_order_relaxed)) {
        return slots_[head.next % Capacity];
      }
    }
  }

  /// Any thread that owns `mine`, which is another queue: takes the older half of what waits here
  /// (rounded up, and no more than `mine` has room for). Nothing where there is nothing, or where
  /// another thief is at work: look elsewhere.
  stolen_jobs steal_into(basic_steal_queue& mine) noexcept {
    const std::uint32_t room = mine.room();
    // acquire pairs with the release of whoever moved `next`: he had seen a tail at least that far,
    // so we read `tail_` no older than that. Otherwise it could lie before `next`, and their
    // difference would be nearly 2^32 jobs.
    std::uint64_t word = head_.load(std::memory_order_acquire);
    ends claimed{};
    for (;;) {
      const ends head = unpack(word);
      if (head.free_to != head.next) return {};
      // acquire pairs with the release in `publish`: we see the slots, and what is in the jobs.
      const std::uint32_t waiting = tail_.load(std::memory_order_acquire) - head.next;
      const std::uint32_t count = std::min(waiting - waiting / 2, room + 1);
      if (count == 0) return {};
      claimed = {head.next, head.next + count};
      // Relaxed where it succeeds: what we are about to read we have acquired above. acquire where
      // it fails, as above.
      if (head_.compare_exchange_weak(word, pack(claimed), std::memory_order_relaxed,
                                      std::memory_order_acquire)) {
        break;
      }
    }
    const stolen_jobs loot{slots_[claimed.free_to % Capacity], claimed.next - claimed.free_to};
    const std::uint32_t my_tail = mine.tail_.load(std::memory_order_relaxed);
    for (std::uint32_t i = 1; i < loot.count; ++i) {
      mine.slots_[(my_tail + i - 1) % Capacity] = slots_[(claimed.free_to + i) % Capacity];
    }
    mine.publish(my_tail + loot.count - 1);
    give_back(claimed);
    return loot;
  }

  /// Any thread; out of date at once. But where a thread pushed and passed a fence, and this one
  /// passes a fence after it, the push is counted.
  std::uint32_t size() const noexcept {
    // In this order, and acquire, for the reason told in `steal_into`.
    const ends head = unpack(head_.load(std::memory_order_acquire));
    // An old head beside a new tail: never more than fits.
    return std::min(tail_.load(std::memory_order_relaxed) - head.next, Capacity);
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  struct ends {
    std::uint32_t free_to;
    std::uint32_t next;
  };
  static std::uint64_t pack(ends e) noexcept { return std::uint64_t{e.free_to} << 32U | e.next; }
  static ends unpack(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word >> 32U), static_cast<std::uint32_t>(word)};
  }

  // release pairs with the acquire of a thief's look at `tail_`.
  void publish(std::uint32_t tail) noexcept { tail_.store(tail, std::memory_order_release); }

  // The owner's, with no thief at work in `word`. False, with `word` renewed, where one came.
  bool evict_half(std::uint64_t& word, job_queue& overflow) noexcept {
    const std::uint32_t first = unpack(word).next;
    const std::uint32_t next = first + Capacity / 2;
    // release as in `pop`; acquire where it fails, as in `push`.
    if (!head_.compare_exchange_weak(word, pack({next, next}), std::memory_order_release,
                                     std::memory_order_acquire)) {
      return false;
    }
    for (std::uint32_t i = first; i != next; ++i) {
      job* const j = slots_[i % Capacity];
      overflow.push(*j);
    }
    return true;
  }

  // A thief's, after he has copied what he claimed.
  void give_back(ends claimed) noexcept {
    std::uint64_t word = pack(claimed);
    std::uint32_t next = claimed.next;
    // Fails where the owner has popped meanwhile; nobody else moves `head_` while we are at work.
    // release pairs with the owner's acquire in `push` and `room`: our reads of the slots come
    // before his writes to them.
    while (!head_.compare_exchange_weak(word, pack({next, next}), std::memory_order_release,
                                        std::memory_order_relaxed)) {
      next = unpack(word).next;
    }
  }

  // free_to and next. Writers: the owner (pop, evict_half) and thieves, always by a read-modify-
  // write, so that every release above reaches whoever acquires a later value.
  alignas(64) typename Memory::template atomic<std::uint64_t> head_;
  // One past the newest. Writer: the owner.
  alignas(64) typename Memory::template atomic<std::uint32_t> tail_;
  // Written by the owner in [tail, free_to + Capacity), read by whoever has taken the index.
  std::array<typename Memory::template plain<job*>, Capacity> slots_{};
};

using steal_queue = basic_steal_queue<native_memory>;

}  // namespace rondo

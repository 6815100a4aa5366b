#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <rondo/probe/event.hpp>

namespace rondo::probe {

class recorder;

/// The last events of one thread, in a ring: whoever writes overwrites the oldest, and never waits.
///
/// Thread: one writes; any may read meanwhile, also while the writer is stuck (see `recorder`).
class track {
 public:
  track(const track&) = delete;

  /// Some nanoseconds. `subject` is kept as a number and never followed.
  void record(event_kind kind, const void* subject = nullptr, std::uint64_t other = 0,
              std::int64_t number = 0) noexcept;

  /// A call has ended: `call_ends`, at the time of what is recorded next, whatever it is. For a
  /// thread that records something soon in any case: it saves half of what a call costs.
  void call_ends_by_next() noexcept { owes_end_ = ends_call; }
  /// Records it now where it is still owed: before the thread goes where nobody records.
  void settle() noexcept {
    if (owes_end_ != 0) record_owed();
  }

  /// Who reads it.
  recorder& home() const noexcept { return *home_; }
  /// Slots written since it was opened, those that are overwritten included. Any thread.
  std::uint64_t count() const noexcept {
    return count_.load(std::memory_order_relaxed) - opened_at_.load(std::memory_order_relaxed);
  }

 private:
  friend class recorder;

  /// 32 bytes.
  struct slot {
    std::atomic<std::uint64_t> time;
    std::atomic<std::uint64_t> subject;
    std::atomic<std::uint64_t> other;
    std::atomic<std::uint64_t> number_and_kind;
  };

  /// Beside the kind of an event: it was preceded by a `call_ends` at the same time.
  static constexpr unsigned ends_call = 0x80;

  void record_owed() noexcept;

  explicit track(recorder& home, bool counts_cycles) noexcept
      : home_(&home), counts_cycles_(counts_cycles) {}
  ~track() { delete[] slots_; }

  slot* slots_ = nullptr;
  std::uint64_t mask_ = 0;
  // Events ever written. A slot is written after the release store of the count before it and
  // before that of its own, and each of its words with release: who has acquired a word of event n
  // therefore sees a count of at least n, and knows by it which older event he can't trust.
  std::atomic<std::uint64_t> count_{0};
  recorder* home_;
  unsigned owes_end_ = 0;  // the writer's: `ends_call` or 0
  bool counts_cycles_;

  // The recorder's, written under its lock. What is atomic is also read without it.
  std::atomic<std::uint64_t> opened_at_{0};  // the count then
  std::uint64_t closed_at_ = 0;              // in which order tracks were closed
  std::atomic<bool> open_{false};
  // Of another thread than a moment ago, for a reader without the lock; the last is always 0.
  std::atomic<char> name_[32] = {};
};

/// The track of the calling thread, or null: for who records what another room has seen.
track* this_thread() noexcept;

/// While it lives, a track is the calling thread's. Nests. Null: as if there were none.
class on_this_thread {
 public:
  explicit on_this_thread(track* of) noexcept;
  on_this_thread(const on_this_thread&) = delete;
  ~on_this_thread();

 private:
  track* outer_;
};

}  // namespace rondo::probe

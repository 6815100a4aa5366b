#pragma once

#include <atomic>
#include <cstdint>

#include <rondo/base/atomic_cell.hpp>
#include <rondo/base/intrusive_list.hpp>
#include <rondo/base/job.hpp>
#include <rondo/base/time.hpp>

namespace rondo::watchdog {

struct facts;

namespace detail {
/// Whether the watcher waits until a loop wakes it, because all of them sleep.
extern constinit std::atomic<std::uint32_t> watcher_dozes;
void wake_watcher() noexcept;
}  // namespace detail

/// What a loop lets the watcher see: how many calls it has made, and whether it sleeps. A count
/// that stays the same while the loop does not sleep is a call that does not end.
///
/// Thread: written by the one that runs the loop, read by the watcher. Relaxed all over: nothing
/// else is ordered by it, and no clock is read, so a call costs three stores into one cache line.
class beat : public list_hook<> {
 public:
  /// Says what is called just now. On the loop's thread, in a signal handler: it interrupts the
  /// call and so reads nothing but what lies in memory for longer than that.
  using describe_call = void (*)(const void* loop, const job* called, facts& into) noexcept;
  /// The same of the line of execution that runs just now.
  using describe_line = void (*)(const void* line, facts& into) noexcept;

  beat() noexcept = default;
  beat(const beat&) = delete;
  ~beat() { leave(); }

  /// Before the first run. `limit`: how long a call may take; 0: nobody looks. `name` lives as
  /// long.
  void is_of(const void* loop, describe_call how, const char* name, duration limit) noexcept;
  /// Who knows about what is in `line`.
  void set_describe_line(describe_line how) noexcept {
    describe_line_.store(how, std::memory_order_relaxed);
  }

  /// The time between its two ends belongs to `run`. Outside of it the loop counts as asleep.
  class running {
   public:
    explicit running(beat& of) noexcept : of_(of) { of.run_begins(); }
    running(const running&) = delete;
    ~running() { of_.falls_asleep(); }

   private:
    beat& of_;
  };

  /// A call begins, and with it nobody's line of execution runs yet.
  void call_begins(const job& j) noexcept {
    count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    called_.store(&j, std::memory_order_relaxed);
    line_.store_relaxed(nullptr);
  }
  /// All calls, and some more: it never stays the same over a call or a sleep.
  std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

  /// Around a wait in the kernel.
  void falls_asleep() noexcept { asleep_.store(true, std::memory_order_relaxed); }
  void wakes_up() noexcept {
    count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    asleep_.store(false, std::memory_order_relaxed);
    // The watcher's membarrier stands for the fence that would have to be here.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (detail::watcher_dozes.load(std::memory_order_relaxed) != 0) [[unlikely]]
      detail::wake_watcher();
  }

  /// Where tasks say which of them runs. Never that of one which has ended.
  atomic_cell<const void*>& line() noexcept { return line_; }

 private:
  friend class watcher;

  void run_begins() noexcept;
  /// From here on the watcher does not know it.
  void leave() noexcept;

  std::atomic<std::uint64_t> count_{0};
  std::atomic<const job*> called_{nullptr};
  atomic_cell<const void*> line_{nullptr};
  std::atomic<bool> asleep_{true};
  std::atomic<int> thread_{0};  // the kernel's number of the one that runs the loop
  std::atomic<describe_line> describe_line_{nullptr};
  const void* loop_ = nullptr;
  describe_call describe_call_ = nullptr;
  char name_[32] = {};  // a copy: it may be asked for at any time
  duration limit_;

  // The watcher's own, under its lock.
  bool is_known_ = false;
  bool is_reported_ = false;      // this stall
  bool is_suspect_ = false;       // it did not move between two looks
  std::uint64_t seen_count_ = 0;  // at the last look
  std::uint64_t number_ = 0;      // of the stall
  instant since_;                 // when that count was first seen
  instant suspect_since_;
  std::int64_t cpu_ns_ = -1, starved_ns_ = -1;  // of its thread, when it became suspect
};

}  // namespace rondo::watchdog

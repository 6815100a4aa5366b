#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/probe/tick_clock.hpp>
#include <rondo/task/executor.hpp>
#include <rondo/task/task_context.hpp>

#include "observe/record_store.hpp"
#include "observe/striped_table.hpp"

namespace rondo::observe {

/// Who holds what, by the address of the latter.
struct lock_record {
  const void* key = nullptr;
  const char* what = "";
  std::uint64_t holder = 0;  // 0: not known
  // Of the holder, then. A lock is handed over to who waits for it before he is woken: if he is as
  // he was then, he is about to go on.
  std::uint64_t changes = 0;
};

/// Everybody who lives: what each line of some executors does, copied at the moment at which it
/// does it, so that it can be read also while a worker hangs in an endless loop.
///
/// A census is used again and never destroyed (see `take_one`): a thread that was about to tell it
/// something when it was closed still finds it.
///
/// Thread: any, but where it says otherwise.
class census {
 public:
  /// One that nobody uses, open for at most so many tasks. Throws std::bad_alloc.
  static census& take_one(std::size_t most_tasks);
  /// Forgets everything, and may be taken by others once every executor is detached.
  void close() noexcept;

  /// On the executor's thread: from here on it is told what the lines do, beside whoever was told
  /// before. Throws std::bad_alloc.
  void attach(executor& to, int worker);
  /// On the same thread. Nothing where it was detached already.
  void detach(executor& from) noexcept;
  /// Any thread: it was destroyed without that.
  void forget(const executor& gone) noexcept;

  /// A line that has begun before, on the thread that has it.
  void adopt(const task_context& line, int worker) noexcept;
  /// The one that the calling thread runs: what `adopt` can't know.
  void is_running(const task_context& line) noexcept;

  std::vector<task_record> tasks() { return records_.copy(); }
  std::vector<lock_record> locks() { return locks_.copy(); }
  /// That of a line, or 0.
  std::uint64_t id_of(const task_context* line) noexcept;
  /// Whether the record of a line is what it was. Then so is the line, but for what it does while
  /// it runs.
  bool is_unchanged(const task_record& then) noexcept { return records_.is_unchanged(then); }
  /// Lines that live, and of which nothing is known for want of room.
  std::uint64_t left_out() const noexcept;
  const probe::tick_clock& clock() const noexcept { return clock_; }

 private:
  /// What an executor calls.
  class tap final : public line_watcher {
   public:
    void note(line_event what, const task_context& line) noexcept override;
    void holds(const void* on, const char* what, const task_context* line) noexcept override;
    void lets_go(const void* on) noexcept override;

    explicit tap(census& of) noexcept : home(&of) {}
    /// What is at hand for who is told something of this line: null where that is not the
    /// executor's own thread.
    record_store::cache* near(const task_context& line) noexcept {
      return line.runs_on().is_mine() ? &at_hand : nullptr;
    }

    census* const home;
    executor* on = nullptr;  // null: it may be used again. Guarded by the mutex of `take_one`
    // Who was told before, and still is, and the number of the worker. Set before the executor
    // calls this; a thread that comes late may read those of the next executor.
    std::atomic<line_watcher*> inner{nullptr};
    std::atomic<int> worker{0};
    record_store::cache at_hand;  // the executor's thread's
    tap* next = nullptr;
  };

  census() = default;

  /// Of a line whose number is another census's.
  struct aside_record {
    const void* key = nullptr;
    std::uint32_t number = 0;
  };

  task_slot* find(const task_context& line) noexcept {
    task_slot* const slot = records_.of(&line, line.watched_as());
    return slot != nullptr ? slot : find_aside(line);
  }
  task_slot* find_aside(const task_context& line) noexcept;
  task_slot* make_record(const task_context& line, int worker, record_store::cache* near) noexcept;
  bool introduce(const task_context& line, task_slot& record, record_store::cache* near) noexcept;
  task_slot* enter(const task_context& line, tap& told) noexcept;
  task_slot* find_or_enter(const task_context& line, tap& told) noexcept;
  void begins(const task_context& line, tap& told) noexcept;
  void named(const task_context& line) noexcept;
  void resumed(const task_context& line, tap& told) noexcept;
  void suspended(const task_context& line, tap& told) noexcept;
  void waits(const task_context& line, task_slot& r) noexcept;
  void waits_on(const task_context& line) noexcept;
  void yields(const task_context& line) noexcept;
  void woken(const task_context& line) noexcept;
  void ended(const task_context& line, tap& told) noexcept;
  void one_less_left_out() noexcept;

  record_store records_;
  striped_table<aside_record> aside_;
  striped_table<lock_record> locks_;
  probe::tick_clock clock_;
  tap* taps_ = nullptr;  // the list is guarded by the mutex of `take_one`; never shorter
  std::atomic<int> attached_{0};
  std::atomic<bool> open_{false};
  std::atomic<std::int64_t> left_out_{0};
  census* next_ = nullptr;
  bool in_use_ = false;
};

}  // namespace rondo::observe

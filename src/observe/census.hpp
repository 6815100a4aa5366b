#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/observe/snapshot.hpp>
#include <rondo/probe/tick_clock.hpp>
#include <rondo/task/executor.hpp>
#include <rondo/task/task_context.hpp>

#include "observe/striped_table.hpp"

namespace rondo::observe {

/// What is known of one line of execution. Times in ticks.
struct task_record {
  const void* key = nullptr;  // its address, which is nobody else's while it lives
  std::uint64_t id = 0;
  std::source_location spawned_at;
  const void* born_in = nullptr;  // the scope
  char name[40] = {};

  task_state state = task_state::ready;
  bool adopted = false;  // it was there before the census
  bool yields = false;
  bool has_deadline = false;
  std::int32_t worker = 0;
  std::uint64_t changes = 0;  // every event is one: what has the same number is as it was
  std::uint64_t outer = 0;    // who was resumed on this thread before, and goes on behind this one
  std::uint64_t polls = 0, wakes = 0, self_wakes = 0, woken_by = 0;
  std::uint64_t born = 0, since = 0, busy = 0, longest = 0;

  // While it waits.
  const char* waits_for = "";
  std::source_location waits_at;
  int fd = -1;
  std::uint32_t frames = 0;
  const void* on = nullptr;
  const void* region = nullptr;  // the scope in which its children were born
  std::uint64_t joins = 0;
  std::source_location awaited_at[task_view::most_frames];
};

/// Who holds what, by the address of the latter.
struct lock_record {
  const void* key = nullptr;
  const char* what = "";
  std::uint64_t holder = 0;  // 0: not known
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

  std::vector<task_record> tasks() { return tasks_.copy(); }
  std::vector<lock_record> locks() { return locks_.copy(); }
  /// That of a line, or 0.
  std::uint64_t id_of(const task_context* line) noexcept;
  /// Whether the record of a line is what it was. Then so is the line, but for what it does while
  /// it runs.
  bool is_unchanged(const task_record& then) noexcept;
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

    census* const home;
    executor* on = nullptr;  // null: it may be used again. Guarded by the mutex of `take_one`
    // Who was told before, and still is, and the number of the worker. Set before the executor
    // calls this; a thread that comes late may read those of the next executor.
    std::atomic<line_watcher*> inner{nullptr};
    std::atomic<int> worker{0};
    tap* next = nullptr;
  };

  census() = default;

  void begins(const task_context& line, int worker) noexcept;
  void named(const task_context& line) noexcept;
  void resumed(const task_context& line, int worker) noexcept;
  void suspended(const task_context& line, int worker) noexcept;
  void waits_on(const task_context& line) noexcept;
  void woken(const task_context& line) noexcept;
  void ended(const task_context& line) noexcept;
  bool enter(const task_context& line, int worker, bool is_new) noexcept;
  void one_less_left_out() noexcept;

  striped_table<task_record> tasks_;
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

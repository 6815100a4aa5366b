#pragma once

#include <array>
#include <atomic>
#include <vector>

#include <rondo/async/loop_executor.hpp>
#include <rondo/base/random.hpp>
#include <rondo/probe/track.hpp>
#include <rondo/runtime/loop_group.hpp>
#include <rondo/runtime/runtime.hpp>

#include "runtime/injection_queue.hpp"
#include "runtime/next_slot.hpp"
#include "runtime/steal_queue.hpp"

namespace rondo {

/// A count that its worker alone changes, and anybody reads. Relaxed: it orders nothing.
class tally {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void raise_to(std::uint64_t n) noexcept {
    if (n > value_.load(std::memory_order_relaxed)) value_.store(n, std::memory_order_relaxed);
  }
  std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class worker;

/// Lines that stay are microtasks of the worker's loop, as on any loop; lines that move get into
/// its queues.
class worker_executor final : public loop_executor {
 public:
  worker_executor(loop& l, crew& team, worker& of) noexcept : loop_executor(l, &team), of_(&of) {}

  void schedule_line(job& line, queue_end at) noexcept override;

 private:
  worker* of_;
};

/// One thread of the runtime: a loop, and the lines that are ready to run here or to be taken away.
///
/// While there are any, `pump` is among the jobs of the loop's check phase and runs some of them in
/// each turn, so that I/O, timers and callbacks of the loop have their turn, too. Where there are
/// none the worker parks, and its loop sleeps in the poll phase.
class worker {
 public:
  /// On its own thread, which is where the loop lives. Throws `error`.
  worker(runtime::state& team, int index);
  worker(const worker&) = delete;
  ~worker();

  /// Of the calling thread; null where it is none.
  static worker* current() noexcept;

  int index() const noexcept { return index_; }
  runtime::state& team() const noexcept { return *team_; }
  loop& own_loop() noexcept { return loop_; }
  worker_executor& executor() noexcept { return executor_; }

  // Its own thread ----------------------------------------------------------------------------
  /// Runs the loop until `stop`. What a callback throws is the runtime's to report.
  void run() noexcept;
  void push(job& line, queue_end at) noexcept;

  // Any thread --------------------------------------------------------------------------------
  /// It was named by `idle_workers`.
  void wake() noexcept;
  void stop() noexcept;
  worker_metrics metrics() const noexcept;

 private:
  /// A job that leads back here.
  struct errand : job {
    errand(worker& of, run_function f) noexcept : job(f), to(&of) {}
    worker* to;
  };
  struct alarm : timer {
    alarm(worker& of, run_function f) noexcept : timer(f), to(&of) {}
    worker* to;
  };

  void record(probe::event_kind what, const worker* whom, std::int64_t number = 0) noexcept {
    if (probe::track* const t = loop_.track()) t->record(what, whom, 0, number);
  }
  void pump() noexcept;
  void run_line(job& line) noexcept;
  job* next_line() noexcept;
  job* next_from_common_queue() noexcept;
  job* search() noexcept;
  job* steal_from(worker& victim, bool& saw_slot) noexcept;
  void found_in_search() noexcept;
  void park(bool watching) noexcept;
  bool others_have_work() const noexcept;
  bool others_have_slots() const noexcept;
  bool has_work() const noexcept { return !queue_.empty() || !slot_.empty(); }
  void queue_last(job& line) noexcept;
  void begin_pumping() noexcept;
  void woken() noexcept;
  void give_up();

  // Workers that are busy too long: see look_after_others.
  void begin_watch() noexcept;
  void arm_watch() noexcept;
  void watch() noexcept;
  bool look_after_others() noexcept;
  void rescue(worker& other) noexcept;

  runtime::state* team_;
  int index_;
  loop_group::member membership_;
  loop loop_;
  worker_executor executor_;

  steal_queue queue_;
  next_slot slot_;
  worker* outer_ = nullptr;  // what this thread is in a runtime around this one: a `run` in a `run`
  std::vector<next_slot::look> looks_;     // at the slots of the others
  std::vector<std::uint64_t> turns_seen_;  // of the others
  random_source random_;

  errand pump_;
  errand woken_;
  errand stop_;
  alarm look_again_;  // at a slot that may not be taken yet
  alarm watch_;
  handle_id lives_, counts_turns_;
  alarm limit_;             // of patience: the first worker has that of the main line instead
  bool in_line_ = false;    // runs a line just now
  bool pumping_ = false;    // the pump is queued, or runs
  bool searching_ = false;  // as idle_workers counts it
  bool stopping_ = false;
  int slot_runs_ = 0;  // lines taken from the slot one after another
  int idle_looks_ = 0;
  std::uint32_t ticks_ = 0;  // lines run, for the turn of the common queue
  instant looked_after_;
  // True from `wake` until the loop's thread has seen it: many wakes, one post.
  std::atomic<bool> wake_posted_{false};

  // Turns of the loop: one that stays the same while the loop does not sleep tells that the worker
  // is stuck in something.
  tally turns_;
  tally polls_, steals_, stolen_, parks_, wakes_, remote_, overflows_, rescues_, deepest_, busy_ns_;
};

}  // namespace rondo

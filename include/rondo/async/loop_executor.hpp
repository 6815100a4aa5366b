#pragma once

#include <rondo/loop/loop.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// Tasks on a loop: where the two rooms that know nothing of each other meet. Resumptions are
/// microtasks, sleeps are the loop's timers. Thread: the loop's. Lifetime: within the loop's.
class loop_executor : public executor {
 public:
  /// Alone, or as a member of a crew.
  explicit loop_executor(loop& l, crew* member_of = nullptr) noexcept;

  void schedule_from_anywhere(job& j) noexcept override;
  instant now() noexcept override;
  void arm(timer& t, instant due) override;
  bool disarm(timer& t) noexcept override;

  /// All tasks were cancelled, and something that can't be (work on another thread) may hold them
  /// up: the patience of `rondo::run` begins to run out.
  void begin_ending() noexcept;
  /// Work on another thread was cancelled, and has begun: does that where all are to end.
  void cancelled_too_late() noexcept;
  /// What becomes of it: armed `loop_options::shutdown_limit` after `begin_ending`.
  void set_limit(timer& t) noexcept { limit_ = &t; }

 private:
  loop* loop_;
  timer* limit_ = nullptr;
};

/// The executor of this line of execution. Every one with a reactor is made here, so it can be
/// nothing else.
inline loop_executor& executor_of(const task_context& context) noexcept {
  return static_cast<loop_executor&>(context.runs_on());
}

/// The loop behind an executor, or that of a line of execution. Every executor with a reactor is
/// made here, so the opaque pointer can be nothing else.
inline loop& loop_of(const executor& runs_here) noexcept {
  return *static_cast<loop*>(runs_here.reactor());
}
inline loop& loop_of(const task_context& context) noexcept {
  return loop_of(context.runs_on());
}

/// `loop& l = co_await this_loop();` Does not suspend.
class [[nodiscard]] this_loop {
 public:
  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    loop_ = &loop_of(h.promise().context());
    return false;
  }
  loop& await_resume() const noexcept { return *loop_; }

 private:
  loop* loop_ = nullptr;
};

}  // namespace rondo

#pragma once

#include <coroutine>

#include <rondo/task/task.hpp>

namespace rondo {

/// `task_context& here = co_await this_task();` The line of execution that runs this: its name,
/// whether it is to end and why, its deadline. Does not suspend. The line lives while it runs.
class [[nodiscard]] this_task {
 public:
  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    line_ = &h.promise().context();
    return false;
  }
  task_context& await_resume() const noexcept { return *line_; }

 private:
  task_context* line_ = nullptr;
};

/// `co_await check_cancelled();` throws `cancelled` where the line is to end, and else goes on at
/// once: for long computations that await nothing.
class [[nodiscard]] check_cancelled {
 public:
  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    line_ = &h.promise().context();
    return false;
  }
  void await_resume() const {
    if (line_->cancel_pending()) line_->throw_cancelled();
  }

 private:
  task_context* line_ = nullptr;
};

}  // namespace rondo

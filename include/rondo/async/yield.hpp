#pragma once

#include <coroutine>

#include <rondo/task/task.hpp>

namespace rondo {

/// `co_await yield_now();` lets everybody else run, I/O that is ready included, and goes on in the
/// next turn of the loop. For long work that is cut into slices. Throws `cancelled`.
class [[nodiscard]] yield_now : private job {
 public:
  yield_now() noexcept : job([](job& j) { static_cast<yield_now&>(j).waiting_.resume(); }) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    waiting_ = waiting;
    context_ = &waiting.promise().context();
    if (context_->cancel_pending()) return false;
    context_->runs_on().schedule_after_io(*this);
    return true;
  }
  void await_resume() const {
    if (context_->cancel_pending()) throw cancelled();
  }

 private:
  std::coroutine_handle<> waiting_;
  task_context* context_ = nullptr;
};

}  // namespace rondo

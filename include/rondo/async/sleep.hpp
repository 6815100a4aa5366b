#pragma once

#include <coroutine>
#include <source_location>

#include <rondo/task/task.hpp>

namespace rondo {

/// Suspends until a point in time; see `sleep_for` and `sleep_until`.
class [[nodiscard]] sleep_awaiter : private timer {
 public:
  explicit sleep_awaiter(instant due) noexcept : timer(&resume), due_(due) {}
  explicit sleep_awaiter(duration d) noexcept : timer(&resume), delay_(d), relative_(true) {}

  bool await_ready() const noexcept { return false; }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> sleeper,
                     std::source_location where = std::source_location::current()) {
    where_ = where;
    return begin(sleeper.promise().context(), sleeper);
  }

  void await_resume() const {
    context_->end_wait();
    if (cancelled_) [[unlikely]]
      context_->throw_cancelled();
  }

 private:
  bool begin(task_context& context, std::coroutine_handle<> sleeper);
  void cancel() noexcept;
  static void resume(job& j);
  static const wait_kind kind;

  union {
    instant due_;
    duration delay_;
  };
  task_context* context_ = nullptr;
  std::source_location where_;
  bool relative_ = false;
  bool cancelled_ = false;
};

/// Suspends for `d`, never shorter by the executor's clock; zero and less still let others run.
/// Throws `cancelled`.
inline sleep_awaiter sleep_for(duration d) noexcept {
  return sleep_awaiter(d);
}

/// The same, until a point on the executor's clock.
inline sleep_awaiter sleep_until(instant due) noexcept {
  return sleep_awaiter(due);
}

}  // namespace rondo

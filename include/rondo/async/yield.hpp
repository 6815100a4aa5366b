#pragma once

#include <coroutine>
#include <source_location>

#include <rondo/task/task.hpp>

namespace rondo {

/// `co_await yield_now();` lets everybody else run, I/O that is ready included, and goes on in the
/// next turn of the loop. For long work that is cut into slices. Throws `cancelled`.
class [[nodiscard]] yield_now : private leaf {
 public:
  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting,
                     std::source_location where = std::source_location::current()) noexcept {
    task_context& line = waiting.promise().context();
    belongs_to(line);
    if (line.cancel_pending()) return false;
    where_ = where;
    suspend(line, kind, this, waiting);
    schedule_after_others();
    return true;
  }
  void await_resume() const {
    context().end_wait();
    if (context().cancel_pending()) context().throw_cancelled();
  }

 private:
  static const wait_kind kind;

  std::source_location where_;
};

}  // namespace rondo

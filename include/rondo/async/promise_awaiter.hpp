#pragma once

#include <coroutine>
#include <exception>
#include <source_location>

#include <rondo/async/promise_state.hpp>
#include <rondo/task/task.hpp>

namespace rondo::detail {

/// A task that waits for a promise, in its own frame: one reaction among the others.
class promise_waiter : private reaction, private leaf {
 public:
  promise_waiter(const promise_waiter&) = delete;

  /// Never: also what has settled already is gone on with in a microtask, as in ECMAScript.
  bool await_ready() const noexcept { return false; }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting,
                     std::source_location where = std::source_location::current()) noexcept {
    return begin(waiting.promise().context(), waiting, where);
  }

 protected:
  /// Takes over an ownership of `p`.
  explicit promise_waiter(promise_core& p) noexcept : promise_(&p) {}
  ~promise_waiter();

  /// The promise, fulfilled; throws its reason, or `cancelled`.
  promise_core& end();

 private:
  bool begin(task_context& line, std::coroutine_handle<> waiting,
             std::source_location where) noexcept;
  void react() override;
  void drop() noexcept override { at_ = stage::over; }
  void cancel() noexcept;

  static const wait_kind kind;

  enum class stage : unsigned char { waits, granted, over };

  promise_core* promise_;
  std::source_location where_;
  stage at_ = stage::over;
  bool cancelled_ = false;
};

template <class T>
class [[nodiscard]] promise_awaiter final : public promise_waiter {
 public:
  explicit promise_awaiter(promise_core& p) noexcept : promise_waiter(p) {}

  T await_resume() {
    auto& state = static_cast<promise_state<T>&>(end());
    if constexpr (!std::is_void_v<T>) return state.take();
  }
};

}  // namespace rondo::detail

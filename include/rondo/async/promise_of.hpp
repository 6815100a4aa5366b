#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/async/loop_executor.hpp>
#include <rondo/async/promise.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/this_task.hpp>

namespace rondo {

namespace detail {

/// What a promise is rejected with whose task was cancelled.
std::exception_ptr cancelled_promise(const cancelled& why) noexcept;

/// The task, and at its end the promise.
template <class T>
task<> settle_with(task<T> work, promise_resolver<T> resolver) {
  const task_context& line = co_await this_task();
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      resolver.resolve();
    } else {
      T value = co_await std::move(work);
      resolver.resolve(std::move(value));
    }
  } catch (const cancelled& why) {
    if (!line.cancel_pending()) {
      resolver.reject(std::current_exception());  // nobody had asked for it: a failure
    } else {
      resolver.reject_quietly(cancelled_promise(why));
    }
  } catch (...) {
    resolver.reject(std::current_exception());
  }
}

}  // namespace detail

/// A promise of what `work` yields or throws. The task is spawned into `owner`, which waits for it
/// and cancels it like any other; but its failure goes to the promise and nowhere else, and if
/// nobody reacts there, it is an unhandled rejection. Where the task is cancelled with its scope,
/// the promise is rejected with `error` (`errc::cancelled`), which needs no reaction. That all
/// handles are dropped does not end the task.
template <class T>
promise<T> promise_of(scope& owner, task<T> work,
                      std::source_location where = std::source_location::current()) {
  auto made = promise<T>::with_resolver(loop_of(owner.runs_on()));
  owner.spawn(detail::settle_with(std::move(work), std::move(made.resolver)), where);
  return std::move(made.promise);
}

namespace detail {

template <class T>
class [[nodiscard]] promise_of_awaiter {
 public:
  promise_of_awaiter(task<T> work, std::source_location where) noexcept
      : work_(std::move(work)), where_(where) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    root_ = h.promise().context().runs_on().root();
    return false;
  }
  rondo::promise<T> await_resume() {
    RONDO_ASSERT(root_ != nullptr);  // not inside of rondo::run: give the task to a scope
    return promise_of(*root_, std::move(work_), where_);
  }

 private:
  task<T> work_;
  std::source_location where_;
  scope* root_ = nullptr;
};

}  // namespace detail

/// `promise<int> p = co_await promise_of(work());` The same in the root scope; see `spawn`.
template <class T>
auto promise_of(task<T> work, std::source_location where = std::source_location::current()) {
  return detail::promise_of_awaiter<T>(std::move(work), where);
}

}  // namespace rondo

#pragma once

#include <coroutine>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/async/loop_executor.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/this_task.hpp>

namespace rondo {

namespace detail {

/// The outermost line of execution of a program: the part that does not depend on its type.
class main_line : public task_context {
 public:
  main_line(loop& l, std::source_location where) noexcept;
  main_line(const main_line&) = delete;
  ~main_line() { close(); }

  /// Runs the loop until the task has ended; throws what it threw.
  void run_to_end(std::coroutine_handle<> first);

 private:
  struct starter : job {
    std::coroutine_handle<> first;
  };

  loop_executor executor_;
  cancel_scope root_;
  starter start_;
  bool ended_ = false;
};

/// The root scope: owns what is spawned without naming a scope, and ends with `main`.
template <class T>
task<T> in_root_scope(task<T> main) {
  auto body = [&main](scope& root) -> task<T> {
    task_context& line = co_await this_task();
    line.runs_on().set_root(&root);
    line.set_name("main");
    if constexpr (std::is_void_v<T>) {
      co_await std::move(main);
      root.cancel("the main task has ended");
    } else {
      T result = co_await std::move(main);
      root.cancel("the main task has ended");
      co_return static_cast<T&&>(result);
    }
  };
  co_return co_await with_scope(std::move(body));
}

}  // namespace detail

/// Runs `main` on `l` until it has ended; other work of the loop runs meanwhile, and stays in the
/// loop when it is left. Returns the result or throws what `main` threw. Throws `error` with
/// `errc::deadlock` where `main` waits and nothing is left that could ever wake it; `main` has been
/// cancelled then. What a callback throws (see loop::on_uncaught) cancels `main` and is thrown
/// here. When `main` has ended, what was given to `spawn` is cancelled and awaited; the failure of
/// such a task ends `main`, and is thrown here.
template <class T>
T run(loop& l, task<T> main, std::source_location where = std::source_location::current()) {
  detail::main_line line(l, where);
  RONDO_ASSERT(main);  // an empty task: moved from, awaited or spawned already
  const typename task<T>::handle frame = detail::in_root_scope(std::move(main)).release();
  struct destroyer {
    typename task<T>::handle frame;
    ~destroyer() { frame.destroy(); }
  } const at_end{frame};
  frame.promise().start_in(line, {}, where);
  line.run_to_end(frame);
  return frame.promise().take();
}

/// The same on a loop of its own: `int main() { return rondo::run(amain()); }`. A task<void> gives
/// 0.
template <class T>
auto run(task<T> main, loop_options options = {},
         std::source_location where = std::source_location::current()) {
  loop l(std::move(options));
  if constexpr (std::is_void_v<T>) {
    run(l, std::move(main), where);
    return 0;
  } else {
    return run(l, std::move(main), where);
  }
}

}  // namespace rondo

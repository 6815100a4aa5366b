#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/async/loop_executor.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/this_task.hpp>

namespace rondo {

namespace detail {

/// The outermost line of execution of a program: the part that does not depend on its type.
class main_line : public task_context {
 public:
  /// On `given`, which outlives it, or on an executor of its own for `l`.
  main_line(loop& l, loop_executor* given, std::source_location where) noexcept;
  main_line(const main_line&) = delete;
  ~main_line() { close(); }

  /// Runs the loop until the task has ended; throws what it threw.
  void run_to_end(std::coroutine_handle<> first);

  /// Behind the end of the main task, whatever it was: what is left in the root scope is to end.
  void main_has_ended() noexcept;

  /// Whether `run_to_end` has given up on work that hangs. Threads of the pool may then still use
  /// what the tasks own, and this, so none of it is ever destroyed.
  bool is_stuck() const noexcept { return !hung_.empty(); }
  /// On its thread: gives up on work of another worker, too.
  void give_up_on(std::vector<work_report> hung);

 private:
  struct starter : job {
    const main_line* line = nullptr;
    std::coroutine_handle<> first;
  };
  struct limit : timer {
    main_line* line = nullptr;
  };

  static void give_up(job& j);
  [[noreturn]] void throw_stuck(const std::exception_ptr& failure) const;

  loop_executor own_;
  loop_executor& executor_;
  cancel_scope root_;
  starter start_;
  limit limit_;
  std::vector<work_report> hung_;
  bool ended_ = false;
};

/// The program of one `run`: the outermost line, and the frame of its task.
class program {
 public:
  program(loop& l, std::source_location where) : line_(new main_line(l, nullptr, where)) {}
  program(loop_executor& given, std::source_location where)
      : line_(new main_line(loop_of(given), &given, where)) {}
  program(const program&) = delete;
  ~program() {
    if (line_->is_stuck()) {
      static_cast<void>(line_.release());
    } else if (frame) {
      frame.destroy();
    }
  }

  main_line& line() noexcept { return *line_; }

  std::coroutine_handle<> frame;

 private:
  owned<main_line> line_;
};

/// The root scope: owns what is spawned without naming a scope, and ends with `main`.
template <class T>
task<T> in_root_scope(main_line& outermost, task<T> main) {
  auto body = [&](scope& root) -> task<T> {
    task_context& line = co_await this_task();
    line.runs_on().set_root(&root);
    line.set_name("main");
    struct ending {
      main_line* line;
      ~ending() { line->main_has_ended(); }
    } const behind_main{&outermost};
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
///
/// Where all has been cancelled, and a function given to `offload` does not return, waits for it no
/// longer than `loop_options::shutdown_limit`; then throws `error` with `errc::timed_out`, which
/// names all such functions. They may use what the tasks own, so the tasks are not destroyed: they
/// are leaked on purpose, and never resumed by that work. The failure that had cancelled them,
/// where it was one, is nested in that error (std::nested_exception).
template <class T>
T run(loop& l, task<T> main, std::source_location where = std::source_location::current()) {
  RONDO_ASSERT(main);  // an empty task: moved from, awaited or spawned already
  detail::program p(l, where);
  const typename task<T>::handle frame = detail::in_root_scope(p.line(), std::move(main)).release();
  p.frame = frame;
  frame.promise().start_in(p.line(), {}, where);
  p.line().run_to_end(frame);
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

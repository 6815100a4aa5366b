#pragma once

#include <coroutine>
#include <cstdint>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/async/run.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/runtime/worker_metrics.hpp>
#include <rondo/task/parallel_scope.hpp>

namespace rondo {

/// On how many threads a program runs, and with what. Made by `current_thread` and `multi_thread`;
/// to change from one to the other is to change this one value.
struct runtime_options {
  runtime_options() noexcept = default;

  /// Threads that run tasks, the calling one among them. 0: no crew, all stays where it is.
  int workers = 0;
  /// That of each worker; automatic: what RONDO_BACKEND says, or the best that is granted.
  io::backend_kind backend = io::backend_kind::automatic;
  /// Threads for blocking work, shared by all workers; null: a pool of the runtime's own.
  blocking_pool* pool = nullptr;
  /// See loop_options.
  duration shutdown_limit = duration::seconds(5);
  int task_allowance = 256;
  duration stall_limit = default_stall_limit();
  probe::recorder* recorder = nullptr;
};

/// Everything on the calling thread, as `run(main())` without options.
runtime_options current_thread() noexcept;
/// Lines that move are shared by `workers` threads, each with a loop, a backend and timers of its
/// own. 0: as many as environment variable RONDO_WORKERS says, or else as this process may use
/// processors.
runtime_options multi_thread(int workers = 0) noexcept;

/// Who runs the tasks of a program. Any thread; lives as long as `run`.
class runtime {
 public:
  /// For `run`. Starts all workers but the first, which is the calling thread. Throws `error`.
  explicit runtime(const runtime_options& options);
  runtime(const runtime&) = delete;
  /// Ends and joins them. On the thread that made it.
  ~runtime();

  int workers() const noexcept;
  /// Of the worker `index`; 0 is the thread that called `run`.
  worker_metrics metrics(int index) const noexcept;
  /// Lines in the queue that is common to all workers.
  std::uint64_t common_queue_depth() const noexcept;
  /// The worker that the calling thread is, or -1.
  int this_worker() const noexcept;

  /// The stacks of all tasks (see rondo::task_tree), worker by worker: that of the main task, and
  /// of each task of a parallel scope on the worker where it is just then. From a task of this
  /// runtime; answered when the busiest worker has had a turn.
  task<std::string> task_tree();

  /// For `run`: the executor of the calling thread.
  loop_executor& first_worker() noexcept;
  /// For `run`: who hears of failures and of work that hangs.
  void reports_to(detail::main_line& line) noexcept;

  /// For `run`: `main` inside of the root scope for lines that move.
  template <class T>
  task<T> in_parallel_root(task<T> main) {
    auto body = [&](parallel_scope& root) -> task<T> {
      set_root(&root);
      if constexpr (std::is_void_v<T>) {
        co_await std::move(main);
        root.cancel("the main task has ended");
      } else {
        T result = co_await std::move(main);
        root.cancel("the main task has ended");
        co_return static_cast<T&&>(result);
      }
    };
    co_return co_await with_parallel_scope(std::move(body));
  }

  struct state;  // src/runtime/team.hpp

 private:
  void set_root(parallel_scope* root) noexcept;

  owned<state> state_;
};

/// `runtime* r = co_await this_runtime();` Does not suspend. Null where the line runs on a loop
/// without a crew.
class [[nodiscard]] this_runtime {
 public:
  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    found_ = of(h.promise().context().runs_on());
    return false;
  }
  runtime* await_resume() const noexcept { return found_; }

 private:
  static runtime* of(const executor& runs_here) noexcept;

  runtime* found_ = nullptr;
};

namespace detail {
/// Of the one loop of `current_thread`. Throws `error`.
loop_options options_of_loop(const runtime_options& options);
}  // namespace detail

/// `rondo::run(main(), multi_thread())`: as `run(main())`, and what is given to `spawn` or to a
/// `parallel_scope` may run on any of the workers. The main task stays on the calling thread, which
/// is a worker like the others meanwhile. What a callback of any worker's loop throws cancels
/// `main` and is thrown here. Throws `error` where a worker can't be had.
///
/// With several threads, waiting for what never comes is not reported as a deadlock.
template <class T>
auto run(task<T> main, const runtime_options& options,
         std::source_location where = std::source_location::current()) {
  if (options.workers == 0) return run(std::move(main), detail::options_of_loop(options), where);
  RONDO_ASSERT(main);  // an empty task: moved from, awaited or spawned already
  runtime r(options);
  detail::program p(r.first_worker(), where);
  r.reports_to(p.line());
  const typename task<T>::handle frame =
      detail::in_root_scope(p.line(), r.in_parallel_root(std::move(main))).release();
  p.frame = frame;
  frame.promise().start_in(p.line(), {}, where);
  p.line().run_to_end(frame);
  if constexpr (std::is_void_v<T>) {
    return 0;
  } else {
    return frame.promise().take();
  }
}

}  // namespace rondo

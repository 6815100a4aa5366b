#pragma once

#include <coroutine>
#include <source_location>
#include <utility>

#include <rondo/task/co_invoke.hpp>
#include <rondo/task/parallel_scope.hpp>

namespace rondo {

namespace detail {

template <class T>
class [[nodiscard]] spawn_awaiter {
 public:
  spawn_awaiter(label name, task<T> work, placement where_to, std::source_location where) noexcept
      : name_(std::move(name)), work_(std::move(work)), where_(where), where_to_(where_to) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> spawning) noexcept {
    here_ = &spawning.promise().context().runs_on();
    return false;
  }
  join_handle<T> await_resume() {
    if (parallel_scope* const root = here_->parallel_root()) {
      if (where_to_ == placement::stays) {
        return root->spawn_local(std::move(name_), std::move(work_), where_);
      }
      return root->spawn(std::move(name_), std::move(work_), where_);
    }
    RONDO_ASSERT(here_->root() != nullptr);  // not inside of rondo::run: give the task to a scope
    return here_->root()->spawn(std::move(name_), std::move(work_), where_);
  }

 private:
  label name_;
  task<T> work_;
  std::source_location where_;
  executor* here_ = nullptr;
  placement where_to_;
};

/// Whether a function and its arguments, and what comes of them, may go to another thread.
template <class F, class... Args>
concept makes_movable_task =
    requires(F& f, Args&&... arguments) { f(std::move(arguments)...).release(); };

}  // namespace detail

/// `auto handle = co_await spawn(work());` Hands a task over to the root scope, the one that
/// `rondo::run` opens around the whole program: for what belongs to nobody in particular. It is
/// owned like any other: its failure ends the program through `run`, and when the main task has
/// ended it is cancelled and awaited. Does not suspend. A task that belongs to somebody is spawned
/// into a scope of his: see `with_scope`.
///
/// In a runtime of several threads it may run on any of them: see `parallel_scope`. So it must not
/// refer to what its spawner goes on to use.
template <class T>
auto spawn(task<T> work, std::source_location where = std::source_location::current()) {
  return detail::spawn_awaiter<T>({}, std::move(work), detail::placement::moves, where);
}
template <class T>
auto spawn(label name, task<T> work, std::source_location where = std::source_location::current()) {
  return detail::spawn_awaiter<T>(std::move(name), std::move(work), detail::placement::moves,
                                  where);
}

/// `co_await spawn_with(session, std::move(stream))`: the same for `f(arguments...)`, which the
/// task owns (see `co_invoke`). Does not compile where one of them belongs to its thread.
template <class F, class... Args>
  requires detail::makes_movable_task<F, Args...>
auto spawn_with(F f, Args... arguments) {
  static_assert(may_move<F> && (may_move<Args> && ...),
                "an argument of this task belongs to the thread that made it: pass it to "
                "spawn_local(f(...)), or leave it to the task to make its own");
  return spawn(co_invoke(std::move(f), std::move(arguments)...));
}

/// As `spawn`, for a task that is to stay on the calling thread because it uses what belongs to it.
template <class T>
auto spawn_local(task<T> work, std::source_location where = std::source_location::current()) {
  return detail::spawn_awaiter<T>({}, std::move(work), detail::placement::stays, where);
}
template <class T>
auto spawn_local(label name, task<T> work,
                 std::source_location where = std::source_location::current()) {
  return detail::spawn_awaiter<T>(std::move(name), std::move(work), detail::placement::stays,
                                  where);
}

}  // namespace rondo

#pragma once

#include <coroutine>
#include <source_location>
#include <utility>

#include <rondo/task/scope.hpp>

namespace rondo {

namespace detail {

template <class T>
class [[nodiscard]] spawn_awaiter {
 public:
  spawn_awaiter(label name, task<T> work, std::source_location where) noexcept
      : name_(std::move(name)), work_(std::move(work)), where_(where) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> spawning) noexcept {
    root_ = spawning.promise().context().runs_on().root();
    return false;
  }
  join_handle<T> await_resume() {
    RONDO_ASSERT(root_ != nullptr);  // not inside of rondo::run: give the task to a scope
    return root_->spawn(std::move(name_), std::move(work_), where_);
  }

 private:
  label name_;
  task<T> work_;
  std::source_location where_;
  scope* root_ = nullptr;
};

}  // namespace detail

/// `auto handle = co_await spawn(work());` Hands a task over to the root scope, the one that
/// `rondo::run` opens around the whole program: for what belongs to nobody in particular. It is
/// owned like any other: its failure ends the program through `run`, and when the main task has
/// ended it is cancelled and awaited. Does not suspend. A task that belongs to somebody is spawned
/// into a scope of his: see `with_scope`.
template <class T>
auto spawn(task<T> work, std::source_location where = std::source_location::current()) {
  return detail::spawn_awaiter<T>({}, std::move(work), where);
}
template <class T>
auto spawn(label name, task<T> work, std::source_location where = std::source_location::current()) {
  return detail::spawn_awaiter<T>(std::move(name), std::move(work), where);
}

}  // namespace rondo

#pragma once

#include <coroutine>
#include <source_location>
#include <utility>

#include <rondo/task/co_invoke.hpp>
#include <rondo/task/task_group.hpp>

namespace rondo {

namespace detail {

template <class T>
class [[nodiscard]] shield_awaiter {
 public:
  shield_awaiter(task<T> work, std::source_location where) noexcept
      : line_(std::move(work)), where_(where) {}
  shield_awaiter(shield_awaiter&& unstarted) noexcept
      : line_(std::move(unstarted.line_)), where_(unstarted.where_) {}

  bool await_ready() const noexcept { return false; }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent) {
    group_.open_shielded(parent.promise().context(), parent, where_);
    group_.parent_begins();
    line_.start(group_, where_);
    return !group_.parent_has_started_all();
  }

  T await_resume() {
    group_.rethrow_failure();
    return line_.take();
  }

 private:
  task_group group_;
  child_line<T> line_;
  std::source_location where_;
};

}  // namespace detail

/// Awaits `work`, which no cancel and no deadline from outside can reach: for the few steps that
/// must not be left half done, and for cleaning up after a cancel. What has been asked for outside
/// is not forgotten: the next await behind the shield meets it. Give `work` a limit of its own:
/// `shield(with_timeout(5s, connection.quit()))`. A callable that makes a task will do as well.
template <startable A>
auto shield(A work, std::source_location where = std::source_location::current()) {
  using value = typename decltype(as_task(std::move(work)))::value_type;
  return detail::shield_awaiter<value>(as_task(std::move(work)), where);
}

}  // namespace rondo

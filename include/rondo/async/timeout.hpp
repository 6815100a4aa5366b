#pragma once

#include <coroutine>
#include <source_location>
#include <type_traits>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/task_group.hpp>

namespace rondo {

namespace detail {

/// A cancel scope with a deadline, around one child: the part that does not depend on its type.
class timeout_base : protected timer {
 protected:
  timeout_base(duration limit, std::source_location where) noexcept
      : timer(&expire), limit_(limit), where_(where) {}
  timeout_base(timeout_base&& unstarted) noexcept
      : timer(&expire), limit_(unstarted.limit_), where_(unstarted.where_) {}

  void begin(task_context& parent, std::coroutine_handle<> waiting);
  /// Throws what the child threw, or the timeout that made it throw.
  void end();

  duration limit_;
  std::source_location where_;
  task_group group_;

 private:
  static void expire(job& j);
};

template <class T>
class [[nodiscard]] timeout_awaiter : private timeout_base {
 public:
  timeout_awaiter(duration limit, task<T> work, std::source_location where)
      : timeout_base(limit, where), line_(std::move(work)) {}
  timeout_awaiter(timeout_awaiter&&) noexcept = default;

  bool await_ready() const noexcept { return false; }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    begin(waiting.promise().context(), waiting);
    group_.parent_begins();
    line_.start(group_, where_);
    return !group_.parent_has_started_all();
  }

  T await_resume() {
    end();
    return line_.take();
  }

 private:
  child_line<T> line_;
};

}  // namespace detail

/// Awaits `work`, for at most `limit`. When the time is over, `work` is cancelled and awaited to
/// its end, and `error` with `errc::timed_out` is thrown; but where it had completed all the same,
/// its result is returned, so nothing that was received is lost. A cancel from outside stays a
/// cancel. With a limit of zero or less, `work` has until the next turn of the loop.
template <awaitable A>
auto with_timeout(duration limit, A work,
                  std::source_location where = std::source_location::current()) {
  using task_type = decltype(as_task(std::move(work)));
  return detail::timeout_awaiter<typename task_type::value_type>(limit, as_task(std::move(work)),
                                                                 where);
}

}  // namespace rondo

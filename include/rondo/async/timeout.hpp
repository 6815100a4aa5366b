#pragma once

#include <coroutine>
#include <optional>
#include <source_location>
#include <type_traits>

#include <rondo/task/co_invoke.hpp>
#include <rondo/task/task_group.hpp>

namespace rondo {

namespace detail {

/// A cancel scope with a deadline, around one child: the part that does not depend on its type.
class deadline_base : protected timer {
 protected:
  deadline_base(duration limit, std::source_location where) noexcept
      : timer(&expire), limit_(limit), relative_(true), where_(where) {}
  deadline_base(instant due, std::source_location where) noexcept
      : timer(&expire), due_(due), where_(where) {}
  deadline_base(deadline_base&& unstarted) noexcept
      : timer(&expire),
        limit_(unstarted.limit_),
        due_(unstarted.due_),
        relative_(unstarted.relative_),
        where_(unstarted.where_) {}

  void begin(task_context& parent, std::coroutine_handle<> waiting);
  /// True where the time was over before the child had ended. Throws what the child threw, or
  /// `cancelled` where that is what somebody around this asked for.
  bool end();
  /// Throws the error that says so.
  [[noreturn]] void throw_timed_out() const;

  duration limit_;
  instant due_;
  bool relative_ = false;
  std::source_location where_;
  task_group group_;

 private:
  static void expire(job& j);
};

template <class T>
class [[nodiscard]] deadline_awaiter : protected deadline_base {
 public:
  template <class Time>
  deadline_awaiter(Time limit, task<T> work, std::source_location where)
      : deadline_base(limit, where), line_(std::move(work)) {}
  deadline_awaiter(deadline_awaiter&&) noexcept = default;

  bool await_ready() const noexcept { return false; }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    begin(waiting.promise().context(), waiting);
    group_.parent_begins();
    line_.start(group_, where_);
    return !group_.parent_has_started_all();
  }

  T await_resume() {
    if (end()) throw_timed_out();
    return line_.take();
  }

 protected:
  child_line<T> line_;
};

/// The same, where being late is no failure.
template <class T>
class [[nodiscard]] within_awaiter : public deadline_awaiter<T> {
 public:
  using deadline_awaiter<T>::deadline_awaiter;

  auto await_resume() {
    const bool late = this->end();
    if constexpr (std::is_void_v<T>) {
      return !late;
    } else {
      using value = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, T>;
      std::optional<value> result;
      if (late) return result;
      if constexpr (std::is_reference_v<T>) {
        result = &this->line_.take();
      } else {
        result.emplace(this->line_.take());
      }
      return result;
    }
  }
};

template <class A>
using awaited_value_t = typename decltype(as_task(std::declval<A>()))::value_type;

}  // namespace detail

/// Awaits `work`, for at most `limit`. When the time is over, `work` is cancelled and awaited to
/// its end, and `error` with `errc::timed_out` is thrown; but where it had completed all the same,
/// its result is returned, so nothing that was received is lost. A cancel from outside stays a
/// cancel. With a limit of zero or less, `work` has until the next turn of the loop.
///
/// `work` is an awaitable, or a callable that makes a task, which is kept meanwhile: captures are
/// safe.
///
/// Deadlines only shrink: inside one that comes earlier, this one changes nothing, and being late
/// is the outer one's affair.
template <startable A>
auto with_timeout(duration limit, A work,
                  std::source_location where = std::source_location::current()) {
  return detail::deadline_awaiter<detail::awaited_value_t<A>>(limit, as_task(std::move(work)),
                                                              where);
}

/// The same until a point on the executor's clock, such as a deadline that came with a request.
template <startable A>
auto with_deadline(instant due, A work,
                   std::source_location where = std::source_location::current()) {
  return detail::deadline_awaiter<detail::awaited_value_t<A>>(due, as_task(std::move(work)), where);
}

/// Awaits `work`, for at most `limit`, and goes on in any case: yields a std::optional of the
/// result (of a pointer for a reference; for void a bool), which is empty (false) where the time
/// was over. What `work` throws is thrown.
template <startable A>
auto within(duration limit, A work, std::source_location where = std::source_location::current()) {
  return detail::within_awaiter<detail::awaited_value_t<A>>(limit, as_task(std::move(work)), where);
}

}  // namespace rondo

#pragma once

#include <cstddef>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/task_group.hpp>

namespace rondo {

/// What stands for the result of a void task where a value is needed.
struct unit {};

namespace detail {

template <class T>
using value_or_unit = std::conditional_t<std::is_void_v<T>, unit, T>;

template <class T>
value_or_unit<T> take_or_unit(child_line<T>& line) {
  if constexpr (std::is_void_v<T>) {
    line.take();
    return {};
  } else {
    return line.take();
  }
}

/// The children of one `when_all` of fixed width, in the frame of the parent. Movable until
/// awaited.
template <class... Ts>
class [[nodiscard]] when_all_awaiter {
 public:
  explicit when_all_awaiter(task<Ts>... work) noexcept : lines_(std::move(work)...) {}
  when_all_awaiter(when_all_awaiter&& unstarted) noexcept : lines_(std::move(unstarted.lines_)) {}

  bool await_ready() const noexcept { return false; }

  /// The default argument says where the `co_await` stands.
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent,
                     std::source_location where = std::source_location::current()) {
    group_.open(parent.promise().context(), parent, where);
    group_.parent_begins();
    std::apply([&](auto&... line) { (line.start(group_, where), ...); }, lines_);
    return !group_.parent_has_started_all();
  }

  auto await_resume() {
    group_.rethrow_failure();
    if constexpr (!(std::is_void_v<Ts> && ...)) {
      return std::apply(
          [](auto&... line) { return std::tuple<value_or_unit<Ts>...>(take_or_unit(line)...); },
          lines_);
    }
  }

 private:
  task_group group_;
  std::tuple<child_line<Ts>...> lines_;
};

template <class T>
class [[nodiscard]] when_all_range_awaiter {
 public:
  explicit when_all_range_awaiter(std::vector<task<T>> work)
      : work_(std::move(work)), lines_(new child_line<T>[work_.size()]) {}
  when_all_range_awaiter(when_all_range_awaiter&& unstarted) noexcept
      : work_(std::move(unstarted.work_)), lines_(std::exchange(unstarted.lines_, nullptr)) {}
  ~when_all_range_awaiter() { delete[] lines_; }

  bool await_ready() const noexcept { return work_.empty(); }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent,
                     std::source_location where = std::source_location::current()) {
    group_.open(parent.promise().context(), parent, where);
    group_.parent_begins();
    for (std::size_t i = 0; i < work_.size(); ++i) {
      lines_[i].start(group_, where, std::move(work_[i]));
    }
    return !group_.parent_has_started_all();
  }

  auto await_resume() {
    group_.rethrow_failure();
    if constexpr (!std::is_void_v<T>) {
      std::vector<T> results;
      results.reserve(work_.size());
      for (std::size_t i = 0; i < work_.size(); ++i) results.push_back(lines_[i].take());
      return results;
    }
  }

 private:
  task_group group_;
  std::vector<task<T>> work_;
  child_line<T>* lines_;
};

}  // namespace detail

/// Runs all of them at once and yields all results, as a tuple in the order of the arguments
/// (`unit` for void; nothing at all where all are void). They start in that order, each running
/// until it first suspends. The first failure cancels the others; all have ended before it is
/// thrown, here: as a `failure_group` where several failed.
template <class... Ts>
auto when_all(task<Ts>... work) {
  return detail::when_all_awaiter<Ts...>(std::move(work)...);
}

/// The same for any awaitables, such as `sleep_for(1s)`.
template <awaitable... As>
  requires(!(detail::is_task<As> && ...))
auto when_all(As... awaitables) {
  return when_all(as_task(std::move(awaitables))...);
}

/// The same for a number known only at run time; yields a vector in the same order (nothing for
/// void).
template <class T>
auto when_all(std::vector<task<T>> work) {
  return detail::when_all_range_awaiter<T>(std::move(work));
}

}  // namespace rondo

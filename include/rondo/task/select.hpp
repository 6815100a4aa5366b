#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/failure_group.hpp>
#include <rondo/task/this_task.hpp>
#include <rondo/task/when_any.hpp>

namespace rondo {

/// One case of a `select`: what is awaited, and what is called with its value. Made by `on`.
template <class A, class F>
class select_case {
 public:
  select_case(A awaited, F handler) : awaited_(std::move(awaited)), handler_(std::move(handler)) {}

  /// For `select`: what is awaited, as a task.
  RONDO_COROUTINE_WRAPPER auto release() { return as_task(std::move(awaited_)); }

  /// For `select`: calls the handler with the value. What it returns is left to be awaited; where
  /// it returns nothing, the task is empty.
  template <class T>
  RONDO_COROUTINE_WRAPPER task<> handle(settled<T>& end) {
    if constexpr (std::is_void_v<decltype(call(end))>) {
      call(end);
      return {};
    } else {
      return call(end);
    }
  }

 private:
  template <class T>
  RONDO_COROUTINE_WRAPPER auto call(settled<T>& end) {
    if constexpr (std::is_void_v<T>) {
      return handler_();
    } else {
      return handler_(std::forward<T>(end.value()));  // stays where it is while a task uses it
    }
  }

  A awaited_;
  F handler_;
};

/// `on(channel.receive(), [](message m) {...})`: a case of `select`. The handler takes the value
/// (nothing for void), and returns void or a `task<>`. By reference it may be taken, too: the value
/// lives until the select has ended.
template <awaitable A, class F>
select_case<A, F> on(A awaited, F handler) {
  return select_case<A, F>(std::move(awaited), std::move(handler));
}

namespace detail {

/// Calls the handler of the case at `index`, where it has a value. What it throws is kept.
template <class Result, class... Cases, std::size_t... Is>
RONDO_COROUTINE_WRAPPER task<> handle_at(std::size_t index, failure_list& failures,
                                         std::index_sequence<Is...>, Result& result,
                                         Cases&... cases) {
  task<> rest;
  const auto handle = [&](auto& end, auto& one) {
    if (end.has_failed()) failures.add(end.failure());
    if (!end.has_value()) return;
    try {
      rest = one.handle(end);
    } catch (...) {
      failures.add_current();
    }
  };
  ((Is == index ? handle(result.template at<Is>(), cases) : void()), ...);
  return rest;
}

}  // namespace detail

/// Awaits several things of any type at once until the first has ended, cancels the others and
/// awaits them; then calls the handler of the first with its value, and yields its index.
///
/// Nothing is lost: where another case completed although it was cancelled, its handler is called,
/// too, after that of the first and in the order of the cases. So a handler puts no trust in being
/// the only one. Handlers run one after the other, in the line of execution that awaits the select,
/// when all cases have ended.
///
/// Failures of cases and of handlers are thrown after the last handler, several as a
/// `failure_group`. A cancel from outside throws `cancelled` unless something had completed.
template <class... As, class... Fs>
  requires(sizeof...(As) > 0)
task<std::size_t> select(select_case<As, Fs>... cases) {
  constexpr auto each = std::index_sequence_for<As...>();
  auto result = co_await when_any(cases.release()...).as_settled();
  const std::size_t first = result.index();
  detail::failure_list failures;
  for (std::size_t turn = 0; turn <= sizeof...(As); ++turn) {
    const std::size_t index = turn == 0 ? first : turn - 1;
    if (turn > 0 && index == first) continue;
    task<> rest = detail::handle_at(index, failures, each, result, cases...);
    if (!rest) continue;
    try {
      co_await std::move(rest);
    } catch (...) {
      failures.add_current();
    }
  }
  failures.rethrow();
  if (first == sizeof...(As)) co_await check_cancelled();  // which throws: that is why none was
  co_return first;
}

}  // namespace rondo

#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/task_group.hpp>

namespace rondo {

namespace detail {

class join_set_base;
template <class T, class Body>
class with_join_set_awaiter;

/// A task in a set: its line of execution and its frame. Lives until its end has been asked for.
class set_member : public job, public child_base {
 public:
  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* block, std::size_t size) noexcept {
    frame_pool::deallocate(block, size);
  }

  set_member() noexcept = default;
  ~set_member() { frame_.destroy(); }

  /// Queues it.
  void start(join_set_base& set, std::coroutine_handle<> frame, label name,
             std::source_location where) noexcept;
  std::coroutine_handle<> frame() const noexcept { return frame_; }

 private:
  static std::coroutine_handle<> ended(task_context& self) noexcept;

  join_set_base* set_ = nullptr;
};

/// Whoever waits for the next end.
class set_waiter : public leaf {
 protected:
  explicit set_waiter(join_set_base& set) noexcept : set_(&set) {}

  /// True where the line is suspended until a task ends or a cancel comes.
  bool begin(task_context& waiting, std::coroutine_handle<> coroutine,
             std::source_location where) noexcept;
  /// The task that has ended; null where there is none left.
  owned<set_member> end();

 private:
  friend set_member;
  static const wait_kind kind;
  void cancel() noexcept;
  std::coroutine_handle<> waiting() const noexcept { return context().leaf(); }

  join_set_base* set_;
  std::source_location where_;
  bool cancelled_ = false;
};

class join_set_base {
 public:
  using stays_on_thread = void;

  join_set_base(const join_set_base&) = delete;

  /// Tasks that run, and those that have ended and were not asked for yet.
  int size() const noexcept { return running_ + ended_; }

  /// Cancels every task that runs now. Those that complete all the same are handed out by `next`,
  /// those that don't are passed over.
  void cancel(label reason = {},
              std::source_location where = std::source_location::current()) noexcept;

 protected:
  explicit join_set_base(bool fails_fast) noexcept : fails_fast_(fails_fast) {}

  task_group& group() noexcept { return group_; }
  void has_body(child_base& line) noexcept { body_ = &line; }
  /// What the line of the body calls at its end: the rest is cancelled.
  static std::coroutine_handle<> body_ended(task_context& self) noexcept;
  /// For the parent, after the end of all: throws what failed and was not asked for, or the cancel
  /// that ended the body.
  void finish();

 private:
  friend set_member;
  friend set_waiter;

  task_group group_;
  job_queue done_;
  child_base* body_ = nullptr;
  set_waiter* waiter_ = nullptr;
  int running_ = 0;
  int ended_ = 0;
  bool fails_fast_;  // a failure is the end of the whole set
};

}  // namespace detail

/// Tasks of one type, of which one takes the results in the order in which they end. Made by
/// `with_join_set`. Thread: that of the parent.
template <class T = void>
class join_set : public detail::join_set_base {
 public:
  /// A result, or nothing: a std::optional; a pointer where T is a reference, a bool for void.
  using item = std::conditional_t<std::is_void_v<T>, bool,
                                  std::conditional_t<std::is_reference_v<T>, detail::kept_t<T>,
                                                     std::optional<detail::kept_t<T>>>>;

  /// Takes over `work` and queues it; it first runs after the caller has suspended. Throws
  /// std::bad_alloc.
  void spawn(task<T> work, std::source_location where = std::source_location::current()) {
    spawn({}, std::move(work), where);
  }
  /// The same, under a name.
  void spawn(label name, task<T> work,
             std::source_location where = std::source_location::current()) {
    RONDO_ASSERT(work);  // an empty task: moved from, awaited or spawned already
    auto* const member = new detail::set_member;
    const typename task<T>::handle frame = work.release();
    frame.promise().start_in(*member, {}, where);
    member->start(*this, frame, std::move(name), where);
  }

  class next_awaiter : private detail::set_waiter {
   public:
    explicit next_awaiter(join_set& set) noexcept : set_waiter(set) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      return begin(waiting.promise().context(), waiting, where);
    }
    item await_resume() {
      const owned<detail::set_member> member = end();
      if (!member) return item();
      if (member->has_failed()) member->rethrow_failure();
      auto& promise = task<T>::handle::from_address(member->frame().address()).promise();
      if constexpr (std::is_void_v<T>) {
        return true;
      } else if constexpr (std::is_reference_v<T>) {
        return &promise.take();
      } else {
        return item(promise.take());
      }
    }
  };

  /// Yields the result of the next task to end, or throws its failure, which cancels nobody; yields
  /// nothing once none is left. One task asks at a time.
  [[nodiscard]] next_awaiter next() noexcept { return next_awaiter(*this); }

 private:
  template <class, class>
  friend class detail::with_join_set_awaiter;
  explicit join_set(bool fails_fast) noexcept : join_set_base(fails_fast) {}
};

namespace detail {

template <class T, class Body>
class [[nodiscard]] with_join_set_awaiter {
  using body_task = std::invoke_result_t<Body&, join_set<T>&>;
  using value_type = typename body_task::value_type;

 public:
  with_join_set_awaiter(Body body, bool fails_fast, std::source_location where)
      : body_(std::move(body)), set_(fails_fast), fails_fast_(fails_fast), where_(where) {}
  with_join_set_awaiter(with_join_set_awaiter&& unstarted) noexcept(
      std::is_nothrow_move_constructible_v<Body>)
      : with_join_set_awaiter(std::move(unstarted.body_), unstarted.fails_fast_, unstarted.where_) {
  }

  bool await_ready() const noexcept { return false; }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent) {
    task_group& group = set_.group();
    group.open(parent.promise().context(), parent, where_);
    group.parent_begins();
    try {
      line_.adopt(body_(set_));
    } catch (...) {  // no frame for the body; but it may have spawned before
      group.fail(std::current_exception());
      return !group.parent_has_started_all();
    }
    set_.has_body(line_);
    start_chain chain;
    chain.add(line_.prepare(group, where_, &join_set<T>::body_ended));
    static_cast<void>(group.parent_has_started_all());  // what was spawned before is only queued
    chain.run();
    return true;
  }

  value_type await_resume() {
    set_.finish();
    return line_.take();
  }

 private:
  Body body_;  // the lambda with its captures stays here while the coroutine made from it runs
  join_set<T> set_;
  bool fails_fast_;
  std::source_location where_;
  child_line<value_type> line_;
};

}  // namespace detail

/// Opens a `join_set<T>` for `body`, a callable from `join_set<T>&` to a task, and awaits both.
/// Yields the result of the body. When the body has ended, what still runs in the set is cancelled
/// and awaited: none can be lost. A failure that the body did not ask for is thrown in the end;
/// a value that it did not ask for is destroyed (`set.cancel()` and then `next()` until nothing
/// comes loses none). A failure of the body cancels the set.
template <class T = void, class Body>
auto with_join_set(Body body, std::source_location where = std::source_location::current()) {
  return detail::with_join_set_awaiter<T, Body>(std::move(body), false, where);
}

namespace detail {

/// The same where the first failure is the end of all.
template <class Body>
auto with_fail_fast_set(Body body, std::source_location where = std::source_location::current()) {
  return with_join_set_awaiter<void, Body>(std::move(body), true, where);
}

}  // namespace detail

/// Runs them all at once and calls `f` with each result, one after the other, in the order in which
/// they end; `f` returns void or a `task<>`. The first failure, also one of `f`, cancels what still
/// runs, and is thrown when all have ended. `f` takes nothing where T is void.
template <class T, class F>
task<> as_completed(std::vector<task<T>> work, F f) {
  const auto body = [&work, &f](join_set<T>& set) -> task<> {
    for (task<T>& each : work) set.spawn(std::move(each));
    for (;;) {
      auto item = co_await set.next();
      if (!item) break;
      if constexpr (std::is_void_v<T>) {
        co_await detail::call(f);
      } else {
        co_await detail::call(f, std::forward<T>(*item));
      }
    }
  };
  co_await with_join_set<T>(body);
}

}  // namespace rondo

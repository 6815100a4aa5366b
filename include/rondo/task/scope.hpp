#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/base/error.hpp>
#include <rondo/task/awaitable.hpp>
#include <rondo/task/task_group.hpp>

namespace rondo {

namespace detail {

class spawned;

/// Who awaits a `join_handle`: queued when it was cancelled, resumed in place when the task ended.
class joiner : public leaf {
 public:
  std::coroutine_handle<> waiting() const noexcept { return context().leaf(); }

 protected:
  explicit joiner(spawned& task) noexcept : task_(&task) {}

  /// True where the line is suspended until the task has ended, or a cancel came.
  bool begin(task_context& joining, std::coroutine_handle<> waiting,
             std::source_location where) noexcept;
  /// Throws what the task threw, or `cancelled`.
  void end();
  spawned& task() const noexcept { return *task_; }

 private:
  static const wait_kind kind;
  void cancel() noexcept;

  spawned* task_;
  std::source_location where_;
  bool cancelled_ = false;
};

/// A spawned task: its line of execution, its frame, and who waits for it. Lives until it has ended
/// and its `join_handle` is gone, whichever is later. In a parallel scope it is a `movable_line`,
/// where joining, ending and cancelling may meet from several threads.
class spawned : public job, public task_context {
 public:
  spawned() noexcept = default;

  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* block, std::size_t size) noexcept {
    frame_pool::deallocate(block, size);
  }

  bool has_ended() const noexcept;
  /// From now on `waiting` is resumed when the task ends. False where it has ended.
  bool begin_join(joiner& waiting) noexcept;
  /// It does not wait any more. False where it is being resumed already.
  bool end_join(joiner& waiting) noexcept;
  std::coroutine_handle<> frame() const noexcept { return frame_; }

  /// Queues the task; it first runs when the executor comes to it.
  void start(task_group& group, std::coroutine_handle<> frame, std::source_location where) noexcept;

  /// The handle is gone: nobody will ask for the result.
  void drop_handle() noexcept;

  /// Cancels the task alone.
  void cancel_alone(label reason, std::source_location where) noexcept;

  /// After the end: throws what the task threw. Where that is `cancelled` and `joiner` is not to be
  /// cancelled itself, as `error`: of the joiner's own scope it would be a lie.
  void rethrow_to(const task_context& joiner) const;

 protected:
  enum sharing : bool { shared = true };
  explicit spawned(sharing) noexcept : is_shared_(true) {}

  std::coroutine_handle<> frame_;
  joiner* joiner_ = nullptr;

 private:
  static std::coroutine_handle<> ended(task_context& self) noexcept;
  void destroy() noexcept;

  task_group* group_ = nullptr;  // null once ended
  bool has_handle_ = true;
  bool is_shared_ = false;  // it is a movable_line
};

}  // namespace detail

/// The result of a spawned task, to be awaited at most once. Dropping it detaches nothing: the
/// scope still owns the task and still waits for it. Thread: the scope's; one thread at a time
/// where the task was spawned into a `parallel_scope`.
template <class T = void>
class join_handle {
 public:
  join_handle() noexcept = default;
  join_handle(join_handle&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
  join_handle& operator=(join_handle&& other) noexcept {
    if (this != &other) {
      if (task_ != nullptr) task_->drop_handle();
      task_ = std::exchange(other.task_, nullptr);
    }
    return *this;
  }
  ~join_handle() {
    if (task_ != nullptr) task_->drop_handle();
  }

  bool has_ended() const noexcept { return task_->has_ended(); }
  /// The task's line of execution, as long as the handle lives: `async_stack(handle.line())`.
  const task_context& line() const noexcept { return *task_; }

  /// Cancels this task alone, with what it awaits: its siblings go on, and whoever awaits the
  /// handle gets `error` with `errc::cancelled`, or the result that was there before. Nothing where
  /// the task has ended. To know that it has, await the handle.
  void cancel(label reason = {},
              std::source_location where = std::source_location::current()) noexcept {
    task_->cancel_alone(std::move(reason), where);
  }

  class awaiter : private detail::joiner {
   public:
    explicit awaiter(detail::spawned& task) noexcept : joiner(task) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> joining,
                       std::source_location where = std::source_location::current()) noexcept {
      return begin(joining.promise().context(), joining, where);
    }
    T await_resume() {
      end();
      return rondo::task<T>::handle::from_address(task().frame().address()).promise().take();
    }
  };

  /// Yields the task's result or rethrows its failure; `error` with `errc::cancelled` where the
  /// task was cancelled and whoever awaits it was not.
  awaiter operator co_await() & noexcept { return awaiter(*task_); }
  awaiter operator co_await() && noexcept { return awaiter(*task_); }

 private:
  friend class scope;
  friend class parallel_scope;
  explicit join_handle(detail::spawned& task) noexcept : task_(&task) {}

  detail::spawned* task_ = nullptr;
};

/// Owns the tasks that are spawned into it: `with_scope` returns only after the last of them has
/// ended, so none can vanish, outlive what it refers to, or fail unseen. A failure cancels the
/// others and leaves through `with_scope`, several of them as one `failure_group`. Thread: that of
/// the parent.
class scope {
 public:
  using stays_on_thread = void;

  scope() noexcept = default;
  scope(const scope&) = delete;

  /// Takes over `work` and queues it; it first runs after the caller has suspended. The handle may
  /// be ignored. Throws std::bad_alloc.
  ///
  /// What `work` takes by reference must outlive the scope. clang warns where a temporary would not
  /// and the handle is kept; `spawn(co_invoke(f, arguments...))` copies or moves what it is given.
  template <class T>
  join_handle<T> spawn(task<T> work RONDO_LIFETIMEBOUND,
                       std::source_location where = std::source_location::current()) {
    return join_handle<T>(start(work, where));
  }
  /// The same, under a name by which people will know the task. A literal costs nothing.
  template <class T>
  join_handle<T> spawn(label name, task<T> work RONDO_LIFETIMEBOUND,
                       std::source_location where = std::source_location::current()) {
    detail::spawned& line = start(work, where);
    line.set_name(std::move(name));
    return join_handle<T>(line);
  }

  /// Cancels every task in the scope, the body of `with_scope` included. The scope absorbs it.
  void cancel(label reason = {},
              std::source_location where = std::source_location::current()) noexcept {
    group_.region().cancel(std::move(reason), where);
  }

  /// Whether everything in the scope is to end, because of this `cancel` or of one outside.
  bool cancel_pending() const noexcept { return group_.region().cancel_pending(); }

  /// What cancelled it, where a task has failed and the scope has not been left yet; or null.
  const std::exception_ptr& first_failure() const noexcept { return group_.first_failure(); }

  /// Tasks that have not ended, the body included.
  int size() const noexcept { return group_.children(); }

  /// The line that has opened it, and waits for it.
  const task_context& parent() const noexcept { return group_.parent(); }

  /// Who runs them.
  executor& runs_on() const noexcept { return group_.parent().runs_on(); }

 private:
  template <class>
  friend class with_scope_awaiter;

  template <class T>
  detail::spawned& start(task<T>& work, std::source_location where) {
    auto* const line = new detail::spawned;
    const typename task<T>::handle frame = work.release();
    RONDO_ASSERT(frame);  // an empty task: moved from, awaited or spawned already
    frame.promise().check_not_started();
    frame.promise().start_in(*line, {}, where);
    line->start(group_, frame, where);
    return *line;
  }

  task_group group_;
};

/// The scope, the callable that it is opened for, and the line that runs it, in the parent's frame.
template <class Body>
class [[nodiscard]] with_scope_awaiter {
  using body_task = std::invoke_result_t<Body&, scope&>;
  using value_type = typename body_task::value_type;

 public:
  with_scope_awaiter(Body body, std::source_location where)
      : body_(std::move(body)), where_(where) {}
  with_scope_awaiter(with_scope_awaiter&& unstarted) noexcept(
      std::is_nothrow_move_constructible_v<Body>)
      : body_(std::move(unstarted.body_)), where_(unstarted.where_) {}

  bool await_ready() const noexcept { return false; }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent) {
    task_group& group = scope_.group_;
    group.open(parent.promise().context(), parent, where_);
    group.parent_begins();
    try {
      line_.start(group, where_, body_(scope_));
    } catch (...) {  // no frame for the body; but it may have spawned before
      group.fail(std::current_exception());
    }
    return !group.parent_has_started_all();
  }

  value_type await_resume() {
    scope_.group_.rethrow_failure();
    if constexpr (std::is_void_v<value_type>) {
      return;
    } else {
      if (!line_.succeeded()) {
        throw error(errc::cancelled,
                    "with_scope: the scope was cancelled before its body had a value");
      }
      return line_.take();
    }
  }

 private:
  Body body_;  // the lambda with its captures stays here while the coroutine made from it runs
  std::source_location where_;
  scope scope_;
  detail::child_line<value_type> line_;
};

/// Opens a scope for `body`, a callable from `scope&` to a task, and awaits the body and everything
/// spawned. Yields the body's result. A capturing lambda is safe here: it lives as long as its
/// coroutine. After `scope::cancel` it returns normally, or throws `error` with `errc::cancelled`
/// where the body was to yield a value and had none yet.
template <class Body>
auto with_scope(Body body, std::source_location where = std::source_location::current()) {
  return with_scope_awaiter<Body>(std::move(body), where);
}

}  // namespace rondo

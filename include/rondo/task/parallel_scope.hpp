#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/base/thread_lock.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/stays.hpp>

namespace rondo {

class crew;

namespace detail {

enum class placement : bool { moves, stays };

/// What a `parallel_scope` is where there is a crew: the lines that move, and the one place in the
/// parent's group that stands for all of them.
///
/// Everything that changes the parent's group happens on the parent's thread: failures, cancels and
/// the end of the last line are kept here, under the lock, and reported there by one job. The
/// parent can't move meanwhile, because it waits for this very group.
///
/// To begin and to end is most of what a short line does, so each thread keeps a list, a count and
/// a lock of its own for the lines that were spawned on it, and only a count that leaves 0 or comes
/// back to it concerns the scope as a whole. That can't miss a line that is about to begin: it is
/// spawned by one that is alive, whose own thread counts it.
class parallel_core : private task_context, public list_hook<parallel_core> {
 public:
  /// Of `members`. Throws std::bad_alloc.
  explicit parallel_core(crew& members);
  parallel_core(const parallel_core&) = delete;
  ~parallel_core();

  /// On the parent's thread, before anything runs.
  void open(task_group& group, std::source_location where) noexcept;
  /// The body has ended; on the parent's thread.
  void body_ends() noexcept {
    body_runs_.store(false, std::memory_order_relaxed);
    leave();
  }

  /// Any thread that knows that the scope has not ended: in it, or in its parent.
  void start(movable_line& line, std::coroutine_handle<> frame, placement where_to,
             std::source_location where) noexcept;
  void cancel(label reason, std::source_location where) noexcept;
  bool cancel_pending() const noexcept { return cancelled_.load(std::memory_order_acquire); }
  int size() const noexcept;
  /// Where it was opened.
  std::source_location where() const noexcept { return task_context::where(); }

  /// Calls `f(with, line)` on each line that is on the calling thread just now. It can't go away
  /// meanwhile, since others have to wait for it: for those who describe it, once in a while.
  void for_each_here(void (*f)(void* with, const task_context& line), void* with);

 private:
  friend class movable_line;

  /// What belongs to one thread; as a job, a cancel on its way to the lines that wait there.
  struct alignas(64) part : job {
    parallel_core* scope = nullptr;
    executor* on = nullptr;
    thread_lock lock;  // guards what follows; inside of it none is taken but those of `cancel`
    intrusive_list<task_context> lines;  // spawned here
    std::atomic<int> alive{0};           // of them; written under the lock
  };

  /// What is to be told to the parent, on its thread.
  struct reporting : job {
    parallel_core* scope = nullptr;
  };

  /// The part of the calling thread.
  part& here() noexcept;
  void line_begins(task_context& line, part& of) noexcept;
  void line_ends(task_context& line, part& of, line_end how) noexcept;
  void note(task_context& line, line_end how) noexcept;
  void leave() noexcept;
  static void report(job& j);
  static void swept(job& j);
  void cancel_all(const cancel_cause& why) noexcept;
  /// Once `cancel_pending`: it does not change any more. Without the lock, which is never taken by
  /// who holds that of a line.
  const cancel_cause& cause() const noexcept { return cause_; }
  static const wait_kind kind;

  task_group* group_ = nullptr;
  executor* home_ = nullptr;  // the parent's
  crew* crew_;
  std::vector<part> parts_;
  reporting report_;

  thread_lock lock_;  // guards what follows
  std::vector<std::exception_ptr> failures_;
  cancel_cause asked_;  // by `cancel`: not yet reported
  cancel_cause cause_;
  bool report_queued_ = false;
  bool a_line_was_cancelled_ = false;
  // The body, the parts with lines alive, and sweeps on their way. Comes down under the lock, so
  // that who reports that it is 0 comes after whoever made it so; 0 only once.
  std::atomic<int> open_{1};
  std::atomic<bool> body_runs_{true};
  // False, then true, when `cause_` has been set. Released by who cancels, acquired by who takes a
  // line out of a queue: one that was taken out before the sweep came to its thread is found by it.
  std::atomic<bool> cancelled_{false};
};

}  // namespace detail

/// A scope whose tasks may run on any thread of a runtime of several threads, and go on on another
/// one whenever they have waited: what a server spawns its sessions into. Where the program runs on
/// one thread it is a `scope`, and the same program is right on both.
///
/// A task that moves is never run by two threads at once, and what it awaits in place moves with
/// it. But it runs beside its siblings: what they share must bear that (a `mutex`, a `channel`, an
/// atomic). Children of its own, in `with_scope` or `when_all`, stay on one thread with each other.
///
/// Thread: any of the runtime's, for all but `open`.
class parallel_scope {
 public:
  using stays_on_thread = void;  // a reference to it is for its own tasks: see `spawn`

  parallel_scope() noexcept = default;
  parallel_scope(const parallel_scope&) = delete;

  /// Takes over `work` and queues it. See `scope::spawn`. The result crosses threads.
  template <class T>
  join_handle<T> spawn(task<T> work RONDO_LIFETIMEBOUND,
                       std::source_location where = std::source_location::current()) {
    return start(detail::placement::moves, {}, work, where);
  }
  template <class T>
  join_handle<T> spawn(label name, task<T> work RONDO_LIFETIMEBOUND,
                       std::source_location where = std::source_location::current()) {
    return start(detail::placement::moves, std::move(name), work, where);
  }

  /// The same for a task that is to stay on the calling thread, because it uses what belongs to it.
  template <class T>
  join_handle<T> spawn_local(task<T> work RONDO_LIFETIMEBOUND,
                             std::source_location where = std::source_location::current()) {
    return start(detail::placement::stays, {}, work, where);
  }
  template <class T>
  join_handle<T> spawn_local(label name, task<T> work RONDO_LIFETIMEBOUND,
                             std::source_location where = std::source_location::current()) {
    return start(detail::placement::stays, std::move(name), work, where);
  }

  /// Cancels every task in the scope, the body of `with_parallel_scope` included. The scope absorbs
  /// it.
  void cancel(label reason = {},
              std::source_location where = std::source_location::current()) noexcept;
  bool cancel_pending() const noexcept;

  /// Tasks that have not ended, the body included.
  int size() const noexcept;

  /// For who builds on it: puts `group` into the scope of the line `parent`, which waits for it
  /// from here on, and this into the group. On the parent's thread. Throws std::bad_alloc.
  void open(task_group& group, task_context& parent, std::coroutine_handle<> resumed_at_the_end,
            std::source_location where);
  /// What stands for the body in the count of those that have not ended.
  void body_ends() noexcept {
    if (core_) core_->body_ends();
  }

 private:
  template <class T>
  join_handle<T> start(detail::placement where_to, label name, task<T>& work,
                       std::source_location where) {
    static_assert(may_move<T>, "the result of this task belongs to the thread that made it");
    RONDO_ASSERT(work);  // an empty task: moved from, awaited or spawned already
    detail::spawned& line = make_line();
    const typename task<T>::handle frame = work.release();
    frame.promise().check_not_started();
    frame.promise().start_in(line, {}, where);
    line.set_name(std::move(name));
    start_line(line, frame, where_to, where);
    return join_handle<T>(line);
  }
  detail::spawned& make_line();
  void start_line(detail::spawned& line, std::coroutine_handle<> frame, detail::placement where_to,
                  std::source_location where) noexcept;

  task_group* group_ = nullptr;
  owned<detail::parallel_core> core_;  // null where there is no crew
};

namespace detail {

/// The parent's group, and the scope that belongs to it.
class parallel_group : public task_group {
 public:
  /// What the body does when it ends.
  static std::coroutine_handle<> body_ended(task_context& body) noexcept;

  parallel_scope members;
};

}  // namespace detail

/// The scope, the callable that it is opened for, and the line that runs it, in the parent's frame.
template <class Body>
class [[nodiscard]] with_parallel_scope_awaiter {
  using body_task = std::invoke_result_t<Body&, parallel_scope&>;
  using value_type = typename body_task::value_type;

 public:
  with_parallel_scope_awaiter(Body body, std::source_location where)
      : body_(std::move(body)), where_(where) {}
  with_parallel_scope_awaiter(with_parallel_scope_awaiter&& unstarted) noexcept(
      std::is_nothrow_move_constructible_v<Body>)
      : body_(std::move(unstarted.body_)), where_(unstarted.where_) {}

  bool await_ready() const noexcept { return false; }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent) {
    group_.members.open(group_, parent.promise().context(), parent, where_);
    group_.parent_begins();
    try {
      line_.adopt(body_(group_.members));
      detail::start_chain alone;
      alone.add(line_.prepare(group_, where_, &detail::parallel_group::body_ended));
      alone.run();
    } catch (...) {  // no frame for the body; but it may have spawned before
      group_.fail(std::current_exception());
      group_.members.body_ends();
    }
    return !group_.parent_has_started_all();
  }

  value_type await_resume() {
    group_.rethrow_failure();
    if constexpr (std::is_void_v<value_type>) {
      return;
    } else {
      if (!line_.succeeded()) {
        throw error(errc::cancelled,
                    "with_parallel_scope: the scope was cancelled before its body had a value");
      }
      return line_.take();
    }
  }

 private:
  Body body_;  // the lambda with its captures stays here while the coroutine made from it runs
  std::source_location where_;
  detail::parallel_group group_;
  detail::child_line<value_type> line_;
};

/// Opens a scope for `body`, a callable from `parallel_scope&` to a task, and awaits the body and
/// everything spawned, as `with_scope` does. The body itself stays on the thread of its parent.
template <class Body>
auto with_parallel_scope(Body body, std::source_location where = std::source_location::current()) {
  return with_parallel_scope_awaiter<Body>(std::move(body), where);
}

}  // namespace rondo

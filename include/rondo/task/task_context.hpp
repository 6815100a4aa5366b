#pragma once

#include <coroutine>
#include <cstdint>
#include <exception>
#include <source_location>

#include <rondo/base/atomic_cell.hpp>
#include <rondo/base/config.hpp>
#include <rondo/base/job.hpp>
#include <rondo/task/cancel_scope.hpp>
#include <rondo/task/executor.hpp>
#include <rondo/task/mistakes.hpp>

namespace rondo {

namespace detail {
class movable_line;
class parallel_core;
}  // namespace detail

/// What an await that suspends can say of itself, to people and to tools.
struct wait_description {
  const char* what = "";       ///< "sleep", "receive", "lock of a mutex". Static storage.
  std::source_location where;  ///< of the await; line 0 where that is not known
  int fd = -1;                 ///< of I/O
  const void* on = nullptr;    ///< the mutex, the channel, ...: equal for all who wait on the same
  const task_context* task = nullptr;  ///< of a join: whom it waits for
  cancel_scope* region = nullptr;      ///< of a group: where its children are
};

/// One kind of await, as a static table of what can be done with it.
struct wait_kind {
  /// A cancel has come. Called on the line's thread, any number of times until `end_wait`. It must
  /// see to it that the line is resumed soon, with the truth about its operation, never inline.
  void (*wake)(void* waiter, const cancel_cause& cause) noexcept;
  wait_description (*describe)(const void* waiter) noexcept;
  /// Adds what only the lock of what it waits for tells, or null.
  void (*describe_holder)(const void* waiter, wait_description& to) noexcept = nullptr;
};

/// One line of execution: a spawned task together with the children that it awaits in place. At any
/// moment it runs or is suspended at one leaf, so what belongs to the line (who runs it, which
/// scope it is in, whether it is to end, which exception is on its way from a child to its parent)
/// is kept once, here, and not in every frame. Thread: its executor's.
///
/// Most lines stay on one thread for all their life. One that `moves` (see `parallel_scope`) may go
/// on on another thread of its crew whenever it is resumed from a queue; its thread is then the one
/// that resumed it last. What it awaits in place, and all that waits for it in its turn, moves
/// along, because a line that has children in a group waits, and does not move, until they ended.
class task_context : public list_hook<> {
 public:
  using stays_on_thread = void;

  task_context() noexcept = default;
  task_context(const task_context&) = delete;

  /// Before the line runs: who runs it, the scope it begins in, and where it was made.
  void open(executor& runs_here, cancel_scope& scope, std::source_location where) noexcept;
  /// After it has ended: leaves its scope.
  void close() noexcept { unlink(); }

  executor& runs_on() const noexcept { return *executor_; }
  /// Whether it may go on on another thread than the one on which it was suspended.
  bool moves() const noexcept { return moves_; }
  cancel_scope& scope() const noexcept { return *scope_; }
  /// Where it was spawned, or where the `when_all`, `with_timeout`, ... stands that it is a child
  /// of.
  const std::source_location& where() const noexcept { return where_; }
  /// As given to `spawn`, or "".
  const char* name() const noexcept { return name_.c_str(); }
  void set_name(label name) noexcept {
    name_ = std::move(name);
    if (executor_ != nullptr) tell(line_event::named);
  }
  /// Whether the name lives for ever.
  bool has_literal_name() const noexcept { return name_.is_literal(); }

  /// Whether every await of this line is to end, because its scope or the line itself was
  /// cancelled.
  bool cancel_pending() const noexcept { return static_cast<bool>(cause_); }
  const cancel_cause& cause() const noexcept { return cause_; }
  /// Cancels this line, and what it waits for; not its siblings.
  void cancel(const cancel_cause& cause) noexcept;
  /// Inlined into the await, and so into the coroutine: unwinding costs by the number of functions.
  [[noreturn, gnu::always_inline]] void throw_cancelled() const { throw cancelled(cause_); }

  /// A leaf says that it suspends this line, in the coroutine `leaf`.
  void begin_wait(const wait_kind& kind, void* waiter, std::coroutine_handle<> leaf) noexcept {
    if constexpr (detail::checks) check_thread();
    wait_ = &kind;
    waiter_ = waiter;
    leaf_ = leaf;
    tell(line_event::suspended);
  }
  void end_wait() noexcept {
    if (executor_->watcher() != nullptr) [[unlikely]]
      tell_of_resumption();
    wait_ = nullptr;
    executor_->set_running(this);
  }
  /// Its first coroutine is about to be resumed.
  void begins_to_run() const noexcept {
    executor_->set_running(this);
    tell(line_event::resumed);
  }
  bool is_waiting() const noexcept { return wait_ != nullptr; }
  /// While it waits.
  wait_description waits_for() const noexcept {
    wait_description d = waits_for_unlocked();
    if (wait_->describe_holder != nullptr) wait_->describe_holder(waiter_, d);
    return d;
  }
  /// The same for a `line_watcher`, which may be called with that lock held: a mutex does not say
  /// who holds it.
  wait_description waits_for_unlocked() const noexcept { return wait_->describe(waiter_); }
  /// The coroutine that is suspended, while the line waits.
  std::coroutine_handle<> leaf() const noexcept { return leaf_; }

  /// For who has, on the line's thread, what it waited for: goes on now; or soon, on whichever
  /// thread is free, where the line moves. When it returns, whoever waited may be gone.
  void go_on() {
    if (moves_) [[unlikely]] {
      queue(nullptr, queue_end::back);
    } else {
      leaf_.resume();
    }
  }
  /// A line that moves: runs `then`, or resumes the leaf where that is null, on whichever thread of
  /// the crew is free, which is the line's own from there on. Any thread, for whoever was to resume
  /// the line, who is one.
  void queue(job* then, queue_end at) noexcept;
  /// The same right, used for looking on what it waits for first: from here on the line belongs to
  /// the calling thread, one of the crew's.
  void comes_here() noexcept;

  /// The exception that left a child and has not reached its parent yet.
  bool has_failed() const noexcept { return failure_ != nullptr; }
  /// Whether it is `cancelled`.
  bool was_cancelled() const noexcept { return failure_is_cancel_; }
  /// Keeps the exception now being handled. Called inside a handler only.
  void capture_failure() noexcept;
  std::exception_ptr take_failure() noexcept;
  const std::exception_ptr& peek_failure() const noexcept { return failure_; }
  [[noreturn]] void rethrow_failure();

  /// Reports `mistake::wrong_thread` where the calling thread is not the line's.
  void check_thread() const noexcept {
    if (!executor_->is_mine()) [[unlikely]]
      detail::report(mistake::wrong_thread, where_);
  }

  /// Called when the outermost task of the line has ended; says what to resume instead.
  std::coroutine_handle<> finish() noexcept {
    tell(line_event::ended);
    executor_->set_running(nullptr);
    return finished_(*this);
  }

  /// To the executor's watcher, where there is one.
  void tell(line_event what) const noexcept {
    if (line_watcher* const w = executor_->watcher()) [[unlikely]]
      w->note(what, *this);
  }

  /// Where a watcher keeps what it knows of this line: a number of its own, or 0. Another watcher
  /// may have left it, so who reads it looks whether what he finds there is this line's. Set by
  /// whoever is told something on the line's thread, or before it runs; read by any who tells.
  std::uint32_t watched_as() const noexcept { return watched_as_.load_acquire(); }
  void set_watched_as(std::uint32_t number) const noexcept { watched_as_.store_release(number); }

  /// The watcher, too: see `line_watcher::holds` and `lets_go`.
  void tell_held(const void* on, const char* what) const noexcept {
    if (line_watcher* const w = executor_->watcher()) [[unlikely]]
      w->holds(on, what, this);
  }
  void tell_held_by_others(const void* on, const char* what) const noexcept {
    if (line_watcher* const w = executor_->watcher()) [[unlikely]]
      w->holds(on, what, nullptr);
  }
  void tell_free(const void* on) const noexcept {
    if (line_watcher* const w = executor_->watcher()) [[unlikely]]
      w->lets_go(on);
  }

 protected:
  std::coroutine_handle<> (*finished_)(task_context&) noexcept = nullptr;

 private:
  friend class detail::movable_line;

  void tell_of_resumption() const noexcept;

  executor* executor_ = nullptr;
  cancel_scope* scope_ = nullptr;
  const wait_kind* wait_ = nullptr;
  void* waiter_ = nullptr;
  std::coroutine_handle<> leaf_;
  std::exception_ptr failure_;
  cancel_cause cause_;
  std::source_location where_;
  [[no_unique_address]] label name_;  // its last bytes are not wasted
  bool failure_is_cancel_ = false;
  bool moves_ = false;
  mutable atomic_cell<std::uint32_t> watched_as_{0};
};

/// The await at which a line is suspended, as the job that resumes it: the base of awaiters that
/// wait for somebody's `schedule`, and not for a timer or an operation.
class leaf : public job {
 public:
  /// Resumes the line soon. On its own thread.
  void schedule() noexcept {
    if (context_->moves()) [[unlikely]]
      return context_->queue(this, queue_end::back);
    context_->tell(line_event::woken);
    context_->runs_on().schedule(*this);
  }
  /// Resumes it when all others that are ready have had their turn, and I/O: for a line that has
  /// just suspended itself for their sake.
  void schedule_after_others() noexcept {
    context_->tell(line_event::yields);
    if (context_->moves()) [[unlikely]]
      return context_->queue(this, queue_end::back);
    context_->tell(line_event::woken);
    context_->runs_on().schedule_after_io(*this);
  }
  /// Resumes it soon, from any thread. When it returns, the awaiter may be gone.
  void resume_from_anywhere() noexcept {
    if (context_->moves()) [[unlikely]]
      return context_->queue(this, queue_end::front);
    context_->tell(line_event::woken);
    context_->runs_on().resume(*this);
  }

 protected:
  leaf() noexcept : job([](job& j) { static_cast<leaf&>(j).context_->leaf().resume(); }) {}

  /// In await_suspend. `self` is what the functions of `kind` are given.
  void suspend(task_context& context, const wait_kind& kind, void* self,
               std::coroutine_handle<> waiting) noexcept {
    context_ = &context;
    context.begin_wait(kind, self, waiting);
  }
  /// Only says whose await this is: where it need not suspend.
  void belongs_to(task_context& context) noexcept { context_ = &context; }
  task_context& context() const noexcept { return *context_; }

 private:
  task_context* context_ = nullptr;
};

}  // namespace rondo

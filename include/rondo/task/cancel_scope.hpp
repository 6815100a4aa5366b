#pragma once

#include <coroutine>
#include <exception>
#include <source_location>

#include <rondo/base/intrusive_list.hpp>
#include <rondo/task/executor.hpp>

namespace rondo {

/// Thrown out of an await in a scope that has been cancelled. Not a std::exception, so that
/// handlers for failures don't take it by accident; and whoever does swallow it gains nothing:
/// cancellation is a level, and the next await throws again, until the scope that was cancelled has
/// been left.
class cancelled {};

class task_context;

/// A region of code whose awaits can be cancelled together. Scopes nest: cancelling one cancels all
/// within. Used through `with_scope`, `with_timeout` and `when_all`; an object of its own for those
/// who build such things. Thread: that of the tasks inside. Lifetime: outlives all within.
class cancel_scope : public list_hook<cancel_scope> {
 public:
  /// A root: nothing but its own `cancel` reaches it.
  cancel_scope() noexcept = default;

  /// Puts this scope inside `parent`. Before anything runs in it.
  void nest_in(cancel_scope& parent) noexcept;
  ~cancel_scope();

  /// From now on every await in this scope and in those within it ends as soon as it can: with its
  /// result where it had one, otherwise by throwing `cancelled`. Idempotent.
  void cancel() noexcept;

  /// Whether `cancel` was called on this very scope: then the scope absorbs `cancelled` at its end.
  bool cancel_called() const noexcept { return called_; }

  /// Whether awaits in here are to end, because of this scope or of one around it.
  bool cancel_pending() const noexcept { return pending_; }

 private:
  friend class task_context;

  void deliver() noexcept;

  intrusive_list<cancel_scope, cancel_scope> inner_;
  intrusive_list<task_context> tasks_;
  bool called_ = false;
  bool pending_ = false;
};

/// One line of execution: a spawned task together with the children that it awaits in place. At any
/// moment it runs or is suspended at one leaf, so what belongs to the line (who runs it, which
/// scope it is in, which exception is on its way from a child to its parent) is kept once, here,
/// and not in every frame. Thread: its executor's.
class task_context : public list_hook<> {
 public:
  using wake_function = void (*)(void* waiter) noexcept;

  task_context() noexcept = default;

  /// Before the line runs: who runs it, the scope it begins in, and where it was made.
  void open(executor& runs_here, cancel_scope& scope, std::source_location where) noexcept;
  /// After it has ended: leaves its scope.
  void close() noexcept { unlink(); }

  executor& runs_on() const noexcept { return *executor_; }
  cancel_scope& scope() const noexcept { return *scope_; }
  bool cancel_pending() const noexcept { return scope_->cancel_pending(); }
  const std::source_location& where() const noexcept { return where_; }

  /// A leaf says that it suspends this line. When a cancel comes, `wake(waiter)` is called, any
  /// number of times until `end_wait`; it must see to it that the line is resumed soon, never
  /// inline.
  void begin_wait(wake_function wake, void* waiter) noexcept {
    wake_ = wake;
    waiter_ = waiter;
  }
  void end_wait() noexcept { wake_ = nullptr; }

  /// The exception that left a child and has not reached its parent yet.
  bool has_failed() const noexcept { return failure_ != nullptr; }
  /// Whether it is `cancelled`.
  bool was_cancelled() const noexcept { return failure_is_cancel_; }
  /// Keeps the exception now being handled. Called inside a handler only.
  void capture_failure() noexcept;
  std::exception_ptr take_failure() noexcept;
  const std::exception_ptr& peek_failure() const noexcept { return failure_; }
  [[noreturn]] void rethrow_failure();

  /// Called when the outermost task of the line has ended; says what to resume instead.
  std::coroutine_handle<> finish() noexcept { return finished_(*this); }

 protected:
  std::coroutine_handle<> (*finished_)(task_context&) noexcept = nullptr;

 private:
  friend class cancel_scope;

  executor* executor_ = nullptr;
  cancel_scope* scope_ = nullptr;
  wake_function wake_ = nullptr;
  void* waiter_ = nullptr;
  std::exception_ptr failure_;
  std::source_location where_;
  bool failure_is_cancel_ = false;
};

}  // namespace rondo

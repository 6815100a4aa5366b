#pragma once

#include <source_location>

#include <rondo/base/intrusive_list.hpp>
#include <rondo/base/label.hpp>
#include <rondo/base/time.hpp>
#include <rondo/task/cancelled.hpp>

namespace rondo {

class task_context;

/// A region of code whose awaits can be cancelled together. Regions nest: cancelling one cancels
/// all within, but for what is shielded. Used through `with_scope`, `with_timeout`, `shield` and
/// `when_all`; an object of its own for those who build such things. Thread: that of the tasks
/// inside. Lifetime: outlives all within.
class cancel_scope {
 public:
  using stays_on_thread = void;

  /// A root: nothing but its own `cancel` reaches it.
  cancel_scope() noexcept = default;
  cancel_scope(const cancel_scope&) = delete;
  ~cancel_scope();

  /// Puts this scope inside that of the line which opens it: takes over the deadline, and a cancel
  /// that has come already. Before anything runs in it.
  void open_in(const task_context& parent) noexcept;

  /// From now on what happens to the outer scopes, their deadlines included, does not reach in
  /// here. Instead of `open_in`.
  void open_shielded() noexcept { shielded_ = true; }

  /// From now on every await in this scope and in those within it ends as soon as it can: with its
  /// result where it had one, otherwise by throwing `cancelled`, which tells the reason and the
  /// place. Idempotent: the first reason stays.
  void cancel(label reason = {},
              std::source_location where = std::source_location::current()) noexcept;

  /// The same, for a reason that was made before.
  void cancel_by(const cancel_cause& cause) noexcept;

  /// Called on this very scope: then the scope absorbs `cancelled` at its end.
  bool cancel_called() const noexcept { return called_; }

  /// Whether awaits in here are to end, because of this scope or of one around it.
  bool cancel_pending() const noexcept { return static_cast<bool>(cause_); }
  /// Why, or null.
  const cancel_cause& cause() const noexcept { return cause_; }

  /// When the awaits in here will be cancelled at the latest: the earliest of this scope's deadline
  /// and of those around it, up to a shield. Only informs: whoever sets a deadline also arms the
  /// timer that cancels.
  instant deadline() const noexcept { return deadline_; }
  /// Brings the deadline forward; a later one changes nothing. Before anything runs in it.
  void shrink_deadline(instant due) noexcept {
    if (due < deadline_) deadline_ = due;
  }

  /// Cancels from outside, for a reason that is known already. For those who build on scopes: a
  /// scope that is shielded, or cancelled already, takes no note.
  void deliver(const cancel_cause& cause) noexcept;

  /// Calls `f(task_context&)` on each line of execution that began in this very scope.
  template <class F>
  void for_each_task(F&& f) {
    tasks_.for_each(f);
  }

 private:
  friend class task_context;

  intrusive_list<task_context> tasks_;
  cancel_cause cause_;
  instant deadline_ = instant::never();
  bool called_ = false;
  bool shielded_ = false;
};

}  // namespace rondo

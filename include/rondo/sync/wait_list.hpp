#pragma once

#include <coroutine>
#include <source_location>

#include <rondo/base/intrusive_list.hpp>
#include <rondo/base/thread_lock.hpp>
#include <rondo/task/task_context.hpp>

namespace rondo {

class wait_list;

/// One line of execution that waits in a `wait_list`: the base of the awaiters of every primitive.
/// It lies in the frame of the coroutine that waits.
///
/// What becomes of it is decided exactly once, under the list's lock: it is *granted* what it waits
/// for, by whoever takes it out of the list, or it is *cancelled*, which takes it out as well. So a
/// grant is never lost: a cancel that comes between the grant and the resumption finds nothing to
/// undo, and the NEXT await of the line meets it.
class waiter : public leaf, private list_hook<waiter> {
 public:
  /// Whether the line left the list because it was cancelled. After the resumption.
  bool was_cancelled() const noexcept { return cancelled_; }

 protected:
  explicit waiter(const char* what) noexcept : what_(what) {}

  /// In await_suspend, holding the list's lock: gets in line. From the moment at which the lock is
  /// given back another thread may grant and resume, so nothing of the awaiter is touched any more.
  void enqueue(wait_list& list, task_context& line, std::coroutine_handle<> waiting,
               std::source_location where) noexcept;

  /// In await_suspend, first of all: true where the line is to end. Nothing is taken then.
  bool is_cancelled_already(task_context& line) noexcept {
    belongs_to(line);
    return cancelled_ = line.cancel_pending();
  }

  /// In await_suspend, where what is asked for was there at once and has been taken: true where the
  /// line goes on, false where it has been queued to let the others have a turn, and suspends.
  bool goes_on(task_context& line, std::coroutine_handle<> waiting,
               std::source_location where) noexcept {
    return line.runs_on().spend() || !let_others_run(line, waiting, where);
  }

  /// In await_resume, first of all: throws `cancelled` where the wait was.
  void end_wait() const {
    context().end_wait();
    if (cancelled_) [[unlikely]]
      context().throw_cancelled();
  }

 private:
  friend class wait_list;
  friend class intrusive_list<waiter, waiter>;

  static const wait_kind kind;
  static const wait_kind kind_of_turn;
  bool let_others_run(task_context& line, std::coroutine_handle<> waiting,
                      std::source_location where) noexcept;
  void cancel() noexcept;

  wait_list* list_ = nullptr;
  const char* what_;  // for descriptions: "lock of a mutex"
  std::source_location where_;
  bool cancelled_ = false;
};

/// Lines of execution that wait for the same thing, first come first served: the one wait list
/// under every primitive and every channel. Any thread; each function says who holds the lock.
///
/// The pattern of a primitive: lock; change the state and take out who is served (`pop`); unlock;
/// `resume` them. Resuming comes last and outside of the lock, because the one who is resumed may
/// destroy the primitive.
class wait_list {
 public:
  wait_list() noexcept = default;
  wait_list(const wait_list&) = delete;
  /// Nobody waits any more.
  ~wait_list() { RONDO_ASSERT(waiting_.empty()); }

  /// Guards the list and the state of the primitive around it.
  thread_lock& lock() noexcept { return lock_; }

  // Holding the lock ------------------------------------------------------------------------------
  bool empty() const noexcept { return waiting_.empty(); }
  /// The first in line. Not empty.
  waiter& front() noexcept { return waiting_.front(); }
  /// Takes the first out, which is granted thereby, or null. To be resumed by the caller.
  waiter* pop() noexcept { return waiting_.pop_front(); }

  /// Takes all out. For `resume_all`.
  class granted {
   public:
    granted() noexcept = default;
    granted(const granted&) = delete;
    void push(waiter& w) noexcept { all_.push(w); }
    /// Without the lock: resumes them in their order.
    void resume_all() noexcept {
      while (job* const j = all_.pop()) static_cast<waiter&>(*j).resume_from_anywhere();
    }

   private:
    job_queue all_;
  };
  void pop_all(granted& into) noexcept {
    while (waiter* const w = pop()) into.push(*w);
  }

  /// After a cancel has taken somebody out, holding the lock: for primitives in which that lets
  /// others go on, such as a shared mutex whose waiting writer gives up. Null: nothing to do.
  using after_cancel_function = void (*)(wait_list&, granted&) noexcept;
  void on_cancel(after_cancel_function f) noexcept { after_cancel_ = f; }

 private:
  friend class waiter;

  intrusive_list<waiter, waiter> waiting_;
  after_cancel_function after_cancel_ = nullptr;
  thread_lock lock_;
};

}  // namespace rondo

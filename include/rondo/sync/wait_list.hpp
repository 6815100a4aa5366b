#pragma once

#include <atomic>
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
  /// Whose wait this is. From await_suspend on.
  task_context& line() const noexcept { return context(); }

 protected:
  explicit waiter(const char* what) noexcept : what_(what) {}
  /// Awaitables are moved before they are awaited, and never after.
  waiter(waiter&& unstarted) noexcept : waiter(unstarted.what_) {}

  /// How a waiter is cancelled and described. A derived class with a kind of its own builds it from
  /// `wake` and `describe`, whose argument is the waiter.
  static const wait_kind kind;
  static void wake(void* self, const cancel_cause& cause) noexcept;
  static wait_description describe(const void* self) noexcept;

  /// In await_suspend, holding the list's lock: gets in line. From the moment at which the lock is
  /// given back another thread may grant and resume, so nothing of the awaiter is touched any more.
  void enqueue(wait_list& list, task_context& line, std::coroutine_handle<> waiting,
               std::source_location where, const wait_kind& how = kind) noexcept;

  /// For a line that is suspended already: gets in line once more, in `list`, whose lock is held.
  /// Where it `may_end` it can be cancelled there; otherwise it stays until it is granted.
  void enqueue_again(wait_list& list, bool may_end) noexcept;

  /// What a cancel does, on the line's thread: leaves the list. False where that is too late, since
  /// the wait has been granted or cancelled before. A `wake` of one's own calls it first.
  bool leave() noexcept;

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

  static const wait_kind kind_of_turn;
  bool let_others_run(task_context& line, std::coroutine_handle<> waiting,
                      std::source_location where) noexcept;

  // Where a cancel would find it: the list, or null where none can (before, after, and in a wait
  // that goes on to its grant). Written under that list's lock by whoever puts it in or takes it
  // out. The line's own thread looks at it without the lock, so that a cancel after the grant does
  // not touch a list that may be gone; acquire there pairs with the release of `pop`.
  std::atomic<wait_list*> list_{nullptr};
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
///
/// Lifetime: until the last wait has been granted or cancelled; across threads, until the lines
/// that waited have been resumed.
class wait_list {
 public:
  wait_list() noexcept = default;
  wait_list(const wait_list&) = delete;
  /// Nobody waits any more.
  ~wait_list() { RONDO_ASSERT(waiting_.empty()); }

  /// Guards the list and the state of the primitive around it.
  thread_lock& lock() noexcept { return lock_; }

  /// Holds it for a block: std::lock_guard without its header.
  class [[nodiscard]] holding {
   public:
    explicit holding(wait_list& list) noexcept : lock_(&list.lock_) { lock_->lock(); }
    holding(const holding&) = delete;
    ~holding() { lock_->unlock(); }

   private:
    thread_lock* lock_;
  };

  // Holding the lock ------------------------------------------------------------------------------
  bool empty() const noexcept { return waiting_.empty(); }
  /// The first in line. Not empty.
  waiter& front() noexcept { return waiting_.front(); }
  /// Takes the first out, which is granted thereby, or null. To be resumed by the caller.
  waiter* pop() noexcept {
    waiter* const first = waiting_.pop_front();
    if (first != nullptr) first->list_.store(nullptr, std::memory_order_release);
    return first;
  }

  /// Waiters that were taken out, to be resumed together.
  class granted {
   public:
    granted() noexcept = default;
    granted(const granted&) = delete;
    void push(waiter& w) noexcept { all_.push(w); }
    /// The oldest, to be resumed by the caller in a way of its own, or null.
    waiter* pop() noexcept { return static_cast<waiter*>(all_.pop()); }
    /// Without the lock: resumes them in their order.
    void resume_all() noexcept {
      while (waiter* const w = pop()) w->resume_from_anywhere();
    }

   private:
    job_queue all_;
  };
  /// Takes all out.
  void pop_all(granted& into) noexcept {
    while (waiter* const w = pop()) into.push(*w);
  }

  /// After a cancel has taken somebody out, holding the lock: for primitives in which that lets
  /// others go on, such as a shared mutex whose waiting writer gives up. Null: nothing to do.
  using after_cancel_function = void (*)(wait_list&, granted&) noexcept;
  void on_cancel(after_cancel_function f) noexcept { after_cancel_ = f; }

 private:
  friend class waiter;
  friend class further_wait_list;

  /// The list whose lock guards this one, and which stands for the primitive.
  wait_list& first() noexcept;

  intrusive_list<waiter, waiter> waiting_;
  after_cancel_function after_cancel_ = nullptr;
  thread_lock lock_;
  bool is_further_ = false;
};

/// Another list of the same primitive, for lines that wait for something else there: it is guarded
/// by the lock of the first list, and not by its own.
class further_wait_list : public wait_list {
 public:
  explicit further_wait_list(wait_list& first) noexcept : first_(&first) { is_further_ = true; }

 private:
  friend class wait_list;

  wait_list* first_;
};

inline wait_list& wait_list::first() noexcept {
  return is_further_ ? *static_cast<further_wait_list*>(this)->first_ : *this;
}

inline void waiter::enqueue(wait_list& list, task_context& line, std::coroutine_handle<> waiting,
                            std::source_location where, const wait_kind& how) noexcept {
  where_ = where;
  list_.store(&list, std::memory_order_relaxed);  // who watches the line is told of it
  suspend(line, how, this, waiting);
  enqueue_again(list, true);
}

inline void waiter::enqueue_again(wait_list& list, bool may_end) noexcept {
  if (may_end) list_.store(&list, std::memory_order_relaxed);
  list.waiting_.push_back(*this);
}

}  // namespace rondo

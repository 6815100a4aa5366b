#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// Something that is done once, by whoever needs it first, while all others who need it wait. Where
/// it fails or is cancelled, the first in line tries in his turn; the failure is thrown to the one
/// who tried, and to nobody else. 40 bytes; never allocates. Thread: any, also for tasks of several
/// loops at once. Lifetime: outlives its calls.
class once : private wait_list {
 public:
  once() noexcept = default;
  once(const once&) = delete;

  bool is_done() const noexcept { return state_.load(std::memory_order_acquire) == state::done; }

 private:
  template <class>
  friend class once_cell;

  enum class state : std::uint8_t { untouched, running, done };

  /// A call, whatever it calls.
  class attempt : protected waiter {
   public:
    bool await_ready() const noexcept { return false; }

   protected:
    explicit attempt(once& of) noexcept : waiter("something that is done once"), once_(&of) {}

    enum class next : std::uint8_t { go_on, wait, try_it };
    next begin(task_context& line, std::coroutine_handle<> waiting,
               std::source_location where) noexcept;
    bool tries() const noexcept { return tries_; }
    void succeeded() noexcept;
    void failed() noexcept;

   private:
    friend class once;

    once* once_;
    bool tries_ = false;  // it is this one's turn
  };

  /// A call of F, which makes a task. It runs in the line that awaits this, in place.
  template <class F>
  class call : public attempt {
    using work = std::invoke_result_t<F&>;

   public:
    call(once& of, F f) noexcept : attempt(of), make_(std::move(f)) { job::run = &go_on; }
    call(call&& unstarted) noexcept
        : attempt(std::move(unstarted)), make_(std::move(unstarted.make_)) {
      job::run = &go_on;
    }
    ~call() {
      if (child_) child_.destroy();
    }

    template <task_promise Promise>
    std::coroutine_handle<> await_suspend(
        std::coroutine_handle<Promise> waiting,
        std::source_location where = std::source_location::current()) noexcept {
      where_ = where;
      switch (this->begin(waiting.promise().context(), waiting, where)) {
        case attempt::next::go_on:
          return waiting;
        case attempt::next::wait:
          return std::noop_coroutine();
        case attempt::next::try_it:
          break;
      }
      return start(waiting);
    }

   protected:
    /// In await_resume: true where this line has done it, and is to say `succeeded` or `failed`.
    bool has_done_it() {
      this->end_wait();
      if (!this->tries()) return false;
      if (!failure_ && !this->line().has_failed()) return true;
      this->failed();
      if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
      this->line().rethrow_failure();
    }
    decltype(auto) take() { return child_.promise().take(); }

   private:
    /// What to resume: the task, or the awaiting coroutine where there is none.
    std::coroutine_handle<> start(std::coroutine_handle<> waiting) noexcept {
      try {
        child_ = make_().release();
      } catch (...) {
        failure_ = std::current_exception();
        return waiting;
      }
      RONDO_ASSERT(child_);  // an empty task
      child_.promise().start_in(this->line(), waiting, where_);
      return child_;
    }
    /// The job: it is done, or was cancelled, or it is our turn to try.
    static void go_on(job& j) {
      auto& self = static_cast<call&>(static_cast<waiter&>(j));
      task_context& line = self.line();
      const std::coroutine_handle<> waiting = line.leaf();
      if (!self.tries()) return waiting.resume();
      line.end_wait();
      self.start(waiting).resume();
    }

    F make_;
    typename work::handle child_;
    std::exception_ptr failure_;
    std::source_location where_;
  };

  template <class F>
  class [[nodiscard]] call_awaiter : public call<F> {
   public:
    using call<F>::call;
    void await_resume() {
      if (this->has_done_it()) this->succeeded();
    }
  };

 public:
  /// Runs `f()`, a task<>, unless that has been done; waits where another is about to. Goes on when
  /// it is done. Throws what this call's own `f()` threw, or `cancelled`. `f` is kept until then.
  template <class F>
  call_awaiter<F> operator()(F f) noexcept {
    return call_awaiter<F>(*this, std::move(f));
  }

 private:
  // Written with the list's lock held; read without it, too: acquire pairs with the release in
  // `succeeded`, so that who sees that it is done sees what was done.
  std::atomic<state> state_{state::untouched};
  const task_context* runner_ = nullptr;  // while it is running; guarded by the list's lock
};

}  // namespace rondo

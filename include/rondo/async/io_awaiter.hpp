#pragma once

#include <coroutine>
#include <string_view>

#include <rondo/async/loop_executor.hpp>
#include <rondo/base/result.hpp>
#include <rondo/io/op.hpp>

namespace rondo {

/// `co_await stream.read(buffer).as_result()`: the same await, but it never throws: a failure, and
/// a cancel too, is an `error` in the result (and the next await meets the cancel again).
template <class Awaiter>
class [[nodiscard]] as_result_awaiter {
 public:
  explicit as_result_awaiter(Awaiter& operation) noexcept : operation_(&operation) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  auto await_suspend(std::coroutine_handle<Promise> waiting) {
    return operation_->await_suspend(waiting);
  }
  auto await_resume() { return operation_->finish(); }

 private:
  Awaiter* operation_;  // a temporary of the same full expression, which outlives the suspension
};

/// One I/O operation that a line of execution awaits: the op itself lies in the awaiting frame. The
/// await returns only when the backend has let go of the op and of its memory (see io::backend); a
/// cancel only asks for that to come sooner.
///
/// The operation belongs to the loop that knows the descriptor, its home, which may be another than
/// the line's where tasks go from thread to thread; what has ended there resumes the line on its
/// own thread, or on any where the line moves.
///
/// A derived class sets up the op in its constructor, and offers `result<T> finish()`.
class io_awaiter : protected io::op {
 public:
  bool await_ready() const noexcept { return false; }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    task_context& line = waiting.promise().context();
    return begin(line, waiting, loop_of(line));
  }

 protected:
  using site = std::source_location;

  io_awaiter(int descriptor, io::op_kind what, site from) noexcept {
    fd = descriptor;
    kind = what;
    where = from;
    run = &resume;
  }

  /// Starts the op at `home` (that of the line's loop where none is given); false where it has
  /// ended at once, or was cancelled before it began. Where it is true the line is suspended, and
  /// may have been resumed already: nothing here is touched any more.
  bool begin(task_context& context, std::coroutine_handle<> waiting, loop& home);
  bool begin(task_context& context, std::coroutine_handle<> waiting) {
    return begin(context, waiting, loop_of(context));
  }
  /// The two halves of it, for who does something in between: whether there is something to start,
  /// and `again`. From the first on the line waits, in `how`.
  bool is_to_start(task_context& context, std::coroutine_handle<> waiting, loop& home,
                   const wait_kind& how = kind_of_wait) noexcept;
  /// Instead of `begin`, where the derived class has the result already.
  void adopt(task_context& context) noexcept { context_ = &context; }
  /// Starts it, from the await or once more after a part of the work; true where it has ended at
  /// once. Where that has happened too often in this turn, the op is queued behind the I/O of
  /// others, as if it had had to wait.
  bool again() noexcept;
  /// For a `run` of the derived class, which is called at the home of the op, first of all: whether
  /// this is the line's thread. Otherwise it is called once more, there.
  bool is_with_line() noexcept;
  /// Goes on with the coroutine. On the line's thread.
  void go_on() { context_->go_on(); }
  /// The same for an await whose line is not to move meanwhile, since more than this op leads back
  /// to it.
  void go_on_in_place() { context_->leaf().resume(); }

  /// For a derived class with a `wake` of its own.
  static wait_description describe(const void* awaiter) noexcept;

  bool cancel_is_pending() const noexcept { return context_->cancel_pending(); }
  task_context& context() const noexcept { return *context_; }
  /// Whose backend has the op. From `begin` on.
  loop& home() const noexcept { return *home_; }
  static const wait_kind kind_of_wait;

  /// To be called first in `finish`.
  void end_wait() noexcept { context_->end_wait(); }
  /// What a negative result means, as an error: cancelled, closed by our own side, or the system's.
  error failure(std::string_view operation) const;
  /// Throws it, or `cancelled` where that is what it was.
  [[noreturn]] void throw_failure(std::string_view operation) const;

 private:
  static void resume(job& j);

  task_context* context_ = nullptr;
  loop* home_ = nullptr;
};

}  // namespace rondo

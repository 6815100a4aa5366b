#pragma once

#include <coroutine>
#include <source_location>

#include <rondo/base/time.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// Cuts a long computation into slices: `slice s(2ms); for (...) { step(); co_await s; }` goes on
/// at once until the slice is over, and then lets everybody else run, I/O that is ready included,
/// as `yield_now` does. An await in between costs about two nanoseconds, because the clock is asked
/// only every few rounds: the fewer, the longer they take, and at least every `rounds_unasked` of
/// them.
///
/// Throws `cancelled`, at any await. For one line of execution; its slices are in real time unless
/// another clock is given, which outlives it.
class slice {
 public:
  /// So many rounds may pass between two looks at the clock: by as much of them as suddenly take
  /// longer a slice may be late.
  static constexpr int rounds_unasked = 64;

  explicit slice(duration length = duration::milliseconds(1), clock& time = real_clock()) noexcept
      : time_(&time), length_(length), begun_(time.now()), asked_(begun_) {}
  slice(const slice&) = delete;
  slice& operator=(const slice&) = delete;

  class [[nodiscard]] awaiter : private leaf {
   public:
    explicit awaiter(slice& s) noexcept : slice_(&s) {}

    bool await_ready() const noexcept { return slice_->goes_on(); }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      where_ = where;
      return look(waiting.promise().context(), waiting);
    }
    void await_resume() {
      if (looked_) [[unlikely]]
        go_on();
    }

   private:
    bool look(task_context& line, std::coroutine_handle<> waiting) noexcept;
    void go_on();
    static const wait_kind kind;

    slice* slice_;
    std::source_location where_;
    bool looked_ = false;
    bool suspended_ = false;
  };
  awaiter operator co_await() noexcept { return awaiter(*this); }

 private:
  /// Without a look at the clock. The first await always looks, and learns whose slice this is.
  bool goes_on() noexcept { return --unasked_ > 0 && !line_->cancel_pending(); }
  bool is_over() noexcept;

  clock* time_;
  duration length_;
  instant begun_;
  instant asked_;  // when the clock was asked last
  task_context* line_ = nullptr;
  int every_ = 1;    // ask the clock after so many rounds
  int unasked_ = 1;  // so many are left
};

}  // namespace rondo

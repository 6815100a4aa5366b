#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/async/loop_executor.hpp>
#include <rondo/base/assert.hpp>
#include <rondo/base/label.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/loop/loop_work.hpp>
#include <rondo/task/awaitable.hpp>
#include <rondo/task/unit.hpp>

namespace rondo {

/// What becomes of an `offload` that is cancelled while its function runs on another thread.
enum class on_cancel : std::uint8_t {
  /// The await goes on until the function has returned, and yields its result as if nothing had
  /// come; the next await meets the cancel. So the function may use what lives in the task.
  wait,
  /// The await ends at once, and what the function still does is dropped. It may outlive the task,
  /// the loop and the pool, so it must own all that it uses. It is destroyed on its own thread.
  abandon,
};

/// How `offload` does its work.
struct offload_options : work_options {
  offload_options() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `{work_kind::files, "read"}` is how it is given
  offload_options(work_kind of, label called = {}, on_cancel then = on_cancel::wait) noexcept
      : work_options(of, std::move(called)), when_running(then) {}

  on_cancel when_running = on_cancel::wait;
};

/// Given to a function that takes one: whether the `offload` was cancelled, so that the function
/// may end early, with a value or an exception of its choice. Any thread; for as long as the
/// function runs.
class stop_flag {
 public:
  explicit stop_flag(const std::atomic<bool>& asked) noexcept : asked_(&asked) {}

  bool stop_requested() const noexcept { return asked_->load(std::memory_order_relaxed); }

 private:
  const std::atomic<bool>* asked_;
};

namespace detail {

template <class F>
concept takes_stop_flag = std::is_invocable_v<F&, stop_flag>;

template <class F>
decltype(auto) call_offloaded(F& f, [[maybe_unused]] stop_flag asked) {
  if constexpr (takes_stop_flag<F>) {
    return f(asked);
  } else {
    return f();
  }
}

template <class F>
using offloaded_t = decltype(call_offloaded(std::declval<F&>(), std::declval<stop_flag>()));

class offload_waiter;

/// The work itself: in the frame of the task that awaits it, or on the heap where it may be
/// abandoned. The part that does not depend on the function.
class offload_record : public loop_work {
 public:
  void attach(offload_waiter& waiter, label called, work_kind of, std::source_location from);
  void request_stop() noexcept { asked_to_stop_.store(true, std::memory_order_relaxed); }

 protected:
  offload_record() noexcept = default;
  ~offload_record() { RONDO_ASSERT(!is_outstanding()); }  // a frame destroyed under its own work

  /// Throws what the function threw, or that it was not called.
  void rethrow_failure() const;
  stop_flag asked_to_stop() const noexcept { return stop_flag(asked_to_stop_); }

  std::exception_ptr failure_;  // written on the thread of the pool, read behind `done`

 private:
  void done(bool performed) final;

  offload_waiter* waiter_ = nullptr;
  label called_;
  // False, then true. Written by the loop's thread, read by the function; relaxed, since it orders
  // nothing.
  std::atomic<bool> asked_to_stop_{false};
};

template <class F>
class offload_job final : public offload_record {
 public:
  explicit offload_job(F&& f) noexcept(std::is_nothrow_move_constructible_v<F>)
      : f_(std::move(f)) {}
  offload_job(const offload_job&) = delete;

  F&& function() noexcept { return std::move(f_); }
  void belongs_to_itself() noexcept { on_heap_ = true; }

  offloaded_t<F> take() {
    rethrow_failure();
    if constexpr (!std::is_void_v<offloaded_t<F>>) RONDO_ASSERT(value_.has_value());
    if constexpr (std::is_reference_v<offloaded_t<F>>) {
      return static_cast<offloaded_t<F>>(**value_);
    } else if constexpr (!std::is_void_v<offloaded_t<F>>) {
      return std::move(*value_);
    }
  }

 private:
  void perform() noexcept override {
    try {
      if constexpr (std::is_void_v<offloaded_t<F>>) {
        call_offloaded(f_, asked_to_stop());
      } else if constexpr (std::is_reference_v<offloaded_t<F>>) {
        auto&& referred = call_offloaded(f_, asked_to_stop());
        value_.emplace(&referred);
      } else {
        value_.emplace(call_offloaded(f_, asked_to_stop()));
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  void forsaken() noexcept override {
    if (on_heap_) delete this;
  }

  F f_;
  std::optional<kept_t<offloaded_t<F>>> value_;
  bool on_heap_ = false;
};

/// The await: the part that does not depend on the function.
class offload_waiter : public leaf {
 public:
  /// On the loop's thread, when the work has ended.
  void arrived() { context().go_on(); }

 protected:
  offload_waiter(offload_options options, std::source_location where) noexcept
      : options_(std::move(options)), where_(where) {}

  /// True where the line is suspended until the work has ended, or a cancel came in time.
  bool begin(task_context& context, std::coroutine_handle<> waiting, offload_record& record);
  /// Throws `cancelled` where that is what ended the await.
  void end();
  bool may_be_abandoned() const noexcept { return options_.when_running == on_cancel::abandon; }
  /// Whether the record was given up while it ran, and is not ours any more.
  bool has_abandoned() const noexcept { return abandoned_; }

 private:
  static const wait_kind kind;
  void cancel() noexcept;

  offload_options options_;
  std::source_location where_;
  offload_record* record_ = nullptr;
  bool cancelled_ = false;
  bool abandoned_ = false;
};

template <class F>
class [[nodiscard]] offload_awaiter : private offload_waiter {
 public:
  offload_awaiter(offload_options options, F&& f, std::source_location where)
      : offload_waiter(std::move(options), where), here_(std::move(f)) {}
  offload_awaiter(offload_awaiter&& unstarted) noexcept(std::is_nothrow_move_constructible_v<F>)
      : offload_waiter(std::move(unstarted)), here_(unstarted.here_.function()) {}
  ~offload_awaiter() {
    if (has_abandoned()) static_cast<void>(heap_.release());
  }

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    task_context& line = waiting.promise().context();
    if (!may_be_abandoned()) return begin(line, waiting, here_);
    heap_ = owned<offload_job<F>>(new offload_job<F>(here_.function()));
    heap_->belongs_to_itself();
    return begin(line, waiting, *heap_);
  }
  offloaded_t<F> await_resume() {
    end();
    return (heap_ ? *heap_ : here_).take();
  }

 private:
  offload_job<F> here_;
  owned<offload_job<F>> heap_;  // instead of `here_`, where the work may be abandoned
};

}  // namespace detail

/// `auto text = co_await offload({work_kind::files, "read"}, [&] { return read(path); });` Calls
/// `f` on a thread of the loop's pool (see `blocking_pool`) and yields on the loop what it
/// returned, or throws there what it threw. For what would block the loop: files, look-ups,
/// libraries, computations. The loop is alive meanwhile.
///
/// `f` is a function, not a coroutine. It may refer to what lives in the task (but for
/// `on_cancel::abandon`), and may take a `stop_flag`. It is destroyed on the loop's thread.
///
/// Cancelled before `f` has begun: it never will, and `cancelled` is thrown at once. Cancelled
/// while it runs: as `on_cancel` says. A result that is there is never lost to a cancel.
/// Throws `error` where no thread can be had, or the pool is shut down.
template <class F>
auto offload(offload_options options, F f,
             std::source_location where = std::source_location::current()) {
  static_assert(detail::takes_stop_flag<F> || std::is_invocable_v<F&>,
                "offload takes a function that can be called with nothing, or with a stop_flag");
  static_assert(!detail::is_task<std::remove_cvref_t<detail::offloaded_t<F>>>,
                "offload calls a function on another thread, where a coroutine can't run: await "
                "the task instead");
  return detail::offload_awaiter<F>(std::move(options), std::move(f), where);
}
/// The same for work of no particular kind.
template <class F>
auto offload(F f, std::source_location where = std::source_location::current()) {
  return offload(offload_options(), std::move(f), where);
}

}  // namespace rondo

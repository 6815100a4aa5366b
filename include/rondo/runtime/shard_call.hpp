#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/base/job.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/unit.hpp>

namespace rondo {

class shard;

namespace detail {

/// A call that is under way to another shard: what does not depend on its types. It lies in the
/// caller's frame and travels there and back without being copied: the caller goes on only when
/// the other shard has let go of it, also where it was cancelled.
class shard_call : private leaf {
 public:
  shard_call(shard& from, shard& to) noexcept;
  shard_call(const shard_call&) = delete;

 protected:
  ~shard_call() = default;

  // On the caller's shard
  bool begin(task_context& line, std::coroutine_handle<> waiting,
             std::source_location where) noexcept;
  /// Throws what it has failed with.
  void end();

  // On the other one
  /// True where it has ended; false where it goes on as a task, in `perform_in`. May throw.
  virtual bool perform() = 0;
  /// As a task, which ends with `has_ended`.
  void perform_in(task<> work);
  /// Inside a handler.
  void fail() noexcept;
  /// Sends it home: the last touch.
  void has_ended() noexcept;

 private:
  struct errand : job {
    shard_call* call = nullptr;
  };

  static const wait_kind kind;
  void cancel(const cancel_cause& cause) noexcept;
  static void begin_there(job& j);
  static void cancel_there(job& j);
  static void one_is_home(job& j);
  static void errand_is_home(job& j);

  shard* from_;
  shard* to_;
  std::source_location where_;

  // The caller's shard's
  errand request_, cancel_;
  int underway_ = 0;      // errands and the call itself, while they are not home
  bool asked_ = false;    // the cancel has been sent
  bool refused_ = false;  // cancelled before it began

  // The other shard's, until it is home
  join_handle<> running_;
  bool is_running_ = false;
  cancel_cause cause_;  // written by the caller before the cancel is sent
  std::exception_ptr failure_;
  bool was_cancelled_ = false;
};

/// What a function yields on another shard: what it returns, or what the task yields.
template <class R>
struct call_value {
  using type = R;
};
template <class T>
struct call_value<task<T>> {
  using type = T;
};

/// The same with its types. `Invoke` is called on the other shard, and outlives this.
template <class Invoke>
class [[nodiscard]] typed_call final : public shard_call {
  using returned = std::invoke_result_t<Invoke&>;
  using value = typename call_value<returned>::type;

 public:
  typed_call(shard& from, shard& to, Invoke& f) noexcept : shard_call(from, to), f_(&f) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> caller,
                     std::source_location where = std::source_location::current()) noexcept {
    return begin(caller.promise().context(), caller, where);
  }
  value await_resume() {
    end();
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): otherwise that has thrown
    if constexpr (!std::is_void_v<value>) return *std::move(result_);
  }

 private:
  bool perform() override {
    if constexpr (is_task<returned>) {
      perform_in(await_result());
    } else if constexpr (std::is_void_v<value>) {
      (*f_)();
    } else {
      result_.emplace((*f_)());
    }
    return !is_task<returned>;
  }

  task<> await_result() {
    try {
      if constexpr (std::is_void_v<value>) {
        co_await (*f_)();
      } else {
        result_.emplace(co_await (*f_)());
      }
    } catch (...) {
      fail();
    }
    has_ended();
  }

  Invoke* f_;
  std::optional<value_or_unit<value>> result_;
};

}  // namespace detail
}  // namespace rondo

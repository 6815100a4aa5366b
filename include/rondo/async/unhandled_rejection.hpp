#pragma once

#include <exception>

#include <rondo/async/promise.hpp>

namespace rondo {

/// A rejected promise of whatever type, as the hooks below are told of it. Copies stand for the
/// same promise. Thread: the loop's.
class rejected_promise {
 public:
  /// For any promise, to compare with.
  template <class T>
  explicit rejected_promise(const promise<T>& p) noexcept : rejected_promise(p.core()) {}
  explicit rejected_promise(detail::promise_core& p) noexcept : promise_(&p) { p.hold(); }
  rejected_promise(const rejected_promise& other) noexcept : rejected_promise(*other.promise_) {}
  rejected_promise& operator=(const rejected_promise& other) noexcept {
    if (this == &other) return *this;
    other.promise_->hold();
    promise_->release();
    promise_ = other.promise_;
    return *this;
  }
  ~rejected_promise() { promise_->release(); }

  const std::exception_ptr& reason() const noexcept { return promise_->reason(); }
  /// Whether both are the same promise.
  friend bool operator==(const rejected_promise& a, const rejected_promise& b) noexcept {
    return a.promise_ == b.promise_;
  }

 private:
  detail::promise_core* promise_;
};

/// Node's `unhandledRejection`: told of each promise of `l` that was rejected and that nobody
/// reacts to, once both intermediate queues are empty. Without a hook such a rejection is thrown,
/// as what a callback throws: to `loop::on_uncaught`, or out of `loop::run`. What the hook throws,
/// too. A null hook: as before.
///
/// Nobody is told of a promise that was rejected because its resolver went (`errc::broken_promise`)
/// when its last handle has gone as well: nothing could have listened.
void on_unhandled_rejection(loop& l, unique_function<void(const rejected_promise&)> hook);

/// Node's `rejectionHandled`: told of each promise that was reported as unhandled and got a
/// reaction later. Comes before the next unhandled ones.
void on_rejection_handled(loop& l, unique_function<void(const rejected_promise&)> hook);

}  // namespace rondo

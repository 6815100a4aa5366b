#pragma once

#include <coroutine>
#include <utility>

#include <rondo/async/io_awaiter.hpp>
#include <rondo/base/result.hpp>

namespace rondo {

/// The await of what never waits, such as a bind: yields a T or throws the error, like every other.
template <class T>
class [[nodiscard]] ready_result {
 public:
  explicit ready_result(result<T> of) noexcept : result_(std::move(of)) {}

  bool await_ready() const noexcept { return true; }
  bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  T await_resume() {
    if (!result_) throw std::move(result_).error();
    return std::move(*result_);
  }
  result<T> finish() noexcept { return std::move(result_); }
  as_result_awaiter<ready_result> as_result() && noexcept {
    return as_result_awaiter<ready_result>(*this);
  }

 private:
  result<T> result_;
};

}  // namespace rondo

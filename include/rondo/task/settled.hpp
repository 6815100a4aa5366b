#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/task/task_group.hpp>
#include <rondo/task/unit.hpp>

namespace rondo {

/// How one task ended: with a value, with a failure, or cancelled before it had either. A plain
/// value of any thread's.
template <class T>
class settled {
  using stored = detail::kept_t<T>;

 public:
  using value_type = T;

  explicit settled(stored value) : value_(std::in_place, std::move(value)) {}
  static settled failed_with(std::exception_ptr failure) noexcept {
    return settled(std::move(failure), false);
  }
  /// `thrown` is the `cancelled` that ended it.
  static settled cancelled_by(std::exception_ptr thrown) noexcept {
    return settled(std::move(thrown), true);
  }

  bool has_value() const noexcept { return value_.has_value(); }
  bool has_failed() const noexcept { return !has_value() && !cancelled_; }
  bool was_cancelled() const noexcept { return cancelled_; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value, which must be there (`unit` for void).
  auto& value() noexcept {
    RONDO_ASSERT(has_value());
    // NOLINTBEGIN(bugprone-unchecked-optional-access)
    if constexpr (std::is_reference_v<T>) {
      return **value_;
    } else {
      return *value_;
    }
    // NOLINTEND(bugprone-unchecked-optional-access)
  }
  const auto& value() const noexcept { return const_cast<settled*>(this)->value(); }

  /// What was thrown; null where nothing was.
  const std::exception_ptr& failure() const noexcept { return thrown_; }

  /// What awaiting the task would have done: yields the value, or throws the failure or the cancel.
  /// Moves the value out.
  T take() {
    if (thrown_) std::rethrow_exception(thrown_);
    if constexpr (!std::is_void_v<T>) return std::forward<T>(value());
  }

 private:
  settled(std::exception_ptr thrown, bool cancelled) noexcept
      : thrown_(std::move(thrown)), cancelled_(cancelled) {}

  std::optional<stored> value_;
  std::exception_ptr thrown_;
  bool cancelled_ = false;
};

namespace detail {

/// How a child ended that noted its end. Moves its value out.
template <class T>
settled<T> settle(child_line<T>& line) {
  switch (line.how_it_ended()) {
    case line_end::with_value:
      return settled<T>(line.take_kept());
    case line_end::failed:
      return settled<T>::failed_with(line.peek_failure());
    case line_end::cancelled:
      break;
  }
  return settled<T>::cancelled_by(line.peek_failure());
}

}  // namespace detail
}  // namespace rondo

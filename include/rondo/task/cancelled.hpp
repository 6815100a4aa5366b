#pragma once

#include <source_location>
#include <string_view>
#include <utility>

#include <rondo/base/label.hpp>

namespace rondo {

/// Why a cancel came, and from where: made once by whoever cancels, shared by all that it reaches.
/// Immutable; safe to share between threads. Null where there is none.
class cancel_cause {
 public:
  cancel_cause() noexcept = default;
  /// Never fails: where memory is short, the reason says so instead.
  cancel_cause(label reason, std::source_location where) noexcept;
  cancel_cause(const cancel_cause& other) noexcept : shared_(other.shared_) {
    if (shared_ != nullptr) retain(*shared_);
  }
  cancel_cause(cancel_cause&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  cancel_cause& operator=(cancel_cause other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~cancel_cause() {
    if (shared_ != nullptr) release(*shared_);
  }

  explicit operator bool() const noexcept { return shared_ != nullptr; }

  /// What was said by whoever cancelled; "" where nothing was, or where this is null. Lives as long
  /// as the cause.
  std::string_view reason() const noexcept;
  /// Where `cancel` was called; line 0 where that is not known.
  std::source_location where() const noexcept;

 private:
  struct record;
  static void retain(record& shared) noexcept;
  static void release(record& shared) noexcept;

  record* shared_ = nullptr;
};

/// Thrown out of an await in a scope that has been cancelled. Not a std::exception, so that
/// handlers for failures don't take it by accident; and whoever does swallow it gains nothing:
/// cancellation is a level, and the next await throws again, until the scope that was cancelled has
/// been left.
class cancelled {
 public:
  cancelled() noexcept = default;
  explicit cancelled(cancel_cause cause) noexcept : cause_(std::move(cause)) {}

  std::string_view reason() const noexcept { return cause_.reason(); }
  std::source_location where() const noexcept { return cause_.where(); }
  const cancel_cause& cause() const noexcept { return cause_; }

 private:
  cancel_cause cause_;
};

}  // namespace rondo

#pragma once

#include <cstddef>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

namespace rondo {

/// What leaves `when_all` or `with_scope` when more than one of their tasks failed: all the
/// failures, in the order in which they came, the one that cancelled the others first. A single
/// failure is thrown as what it is. A failure may be a group itself.
class failure_group : public std::runtime_error {
 public:
  /// `what()` names them all. At least two; but any number of reasons from `promise_any`.
  explicit failure_group(std::vector<std::exception_ptr> failures);

  const std::vector<std::exception_ptr>& failures() const noexcept { return failures_; }

 private:
  std::vector<std::exception_ptr> failures_;
};

namespace detail {

/// Failures gathered one by one, to be thrown together.
class failure_list {
 public:
  void reserve(std::size_t count) { failures_.reserve(count); }
  void add(std::exception_ptr failure) { failures_.push_back(std::move(failure)); }
  /// Adds what is being handled. Inside a handler only.
  void add_current();

  /// Throws the failure, or a `failure_group` of them; `cancelled` where that is all that came.
  void rethrow();

 private:
  std::vector<std::exception_ptr> failures_;
  std::exception_ptr cancel_;
};

}  // namespace detail
}  // namespace rondo

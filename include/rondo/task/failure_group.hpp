#pragma once

#include <exception>
#include <stdexcept>
#include <vector>

namespace rondo {

/// What leaves `when_all` or `with_scope` when more than one of their tasks failed: all the
/// failures, in the order in which they came, the one that cancelled the others first. A single
/// failure is thrown as what it is. A failure may be a group itself.
class failure_group : public std::runtime_error {
 public:
  /// At least two. `what()` names them all.
  explicit failure_group(std::vector<std::exception_ptr> failures);

  const std::vector<std::exception_ptr>& failures() const noexcept { return failures_; }

 private:
  std::vector<std::exception_ptr> failures_;
};

}  // namespace rondo

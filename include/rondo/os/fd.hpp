#pragma once

#include <utility>

namespace rondo::os {

/// Owns one descriptor and closes it. Negative means none.
class fd {
 public:
  fd() noexcept = default;
  explicit fd(int number) noexcept : number_(number) {}
  fd(fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  fd& operator=(fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.number_, -1));
    return *this;
  }
  ~fd() { reset(); }

  int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }
  int release() noexcept { return std::exchange(number_, -1); }

  /// Closes what it owns. Never retried on EINTR: Linux has freed the number by then.
  void reset(int number = -1) noexcept;

 private:
  int number_ = -1;
};

/// For a descriptor that another program has left open for this one: those that this one starts
/// don't get it, too. -> 0 or a negated errno
int set_close_on_exec(int fd) noexcept;

}  // namespace rondo::os

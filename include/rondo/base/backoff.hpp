#pragma once

#include <rondo/base/time.hpp>

namespace rondo {

/// How long to pause before the next try where nobody tells when it will succeed: `first`, and
/// twice as long each time, up to `longest`.
class backoff {
 public:
  constexpr backoff(duration first, duration longest) noexcept : next_(first), longest_(longest) {}

  constexpr duration next() noexcept {
    const duration now = next_;
    next_ = now * 2 < longest_ ? now * 2 : longest_;
    return now;
  }

 private:
  duration next_;
  duration longest_;
};

}  // namespace rondo

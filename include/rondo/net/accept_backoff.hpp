#pragma once

#include <rondo/base/time.hpp>

namespace rondo {

/// How long accepting pauses where descriptors or memory have run out. The connection stays in the
/// backlog and the listener stays readable, so a loop that simply tried again would spin.
class accept_backoff {
 public:
  /// 10 ms, doubling up to 1 s.
  duration next() noexcept {
    length_ = length_ * 2;
    if (length_ < duration::milliseconds(10)) length_ = duration::milliseconds(10);
    if (length_ > duration::seconds(1)) length_ = duration::seconds(1);
    return length_;
  }
  void reset() noexcept { length_ = duration(); }

 private:
  duration length_;
};

}  // namespace rondo

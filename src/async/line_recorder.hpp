#pragma once

#include <rondo/task/line_watcher.hpp>

namespace rondo {

/// Tells the flight recorder what lines do: on the track of the thread on which they do it, which
/// for a line that is woken is that of the waker. Has no state.
class line_recorder final : public line_watcher {
 public:
  static line_recorder& shared() noexcept;

  void note(line_event what, const task_context& line) noexcept override;
};

}  // namespace rondo

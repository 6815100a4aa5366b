#pragma once

#include <atomic>
#include <optional>
#include <string>

#include <rondo/os/fd.hpp>
#include <rondo/process/exit_status.hpp>

namespace rondo {

class loop;

namespace detail {

/// What is known of one process, shared by its `process` and by those that await its end.
struct process_state {
  loop* home = nullptr;
  os::fd pidfd;  ///< until the end was noticed or the `process` is gone
  int id = 0;
  bool leads_group = false;
  std::string program;
  std::optional<exit_status> ended;
  int failed = 0;  ///< to learn how it ended, with this negated errno

  void keep() noexcept { users.fetch_add(1, std::memory_order_relaxed); }
  void leave() noexcept {
    if (users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  /// Looks whether it has ended. False where it runs.
  bool look(bool wait) noexcept;
  /// No more news; the operations that pend on it end.
  void close() noexcept;

 private:
  std::atomic<int> users = 1;
};

}  // namespace detail
}  // namespace rondo

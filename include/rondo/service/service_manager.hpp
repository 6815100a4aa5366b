#pragma once

#include <string_view>

#include <rondo/async/graceful_shutdown.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo {

/// What a program says of itself to the service manager that has started it (`Type=notify`), and
/// its regular sign of life where the manager wants one (`WatchdogSec=`): given from the loop, so a
/// loop that is stuck gives none. Where there is no manager all of this does nothing.
///
/// Thread: the loop's. Lifetime: within the loop's. One a process: the manager listens to the main
/// process only, and children inherit the address (`NotifyAccess=`).
class service_manager final : private shutdown_part {
 public:
  /// Begins the signs of life.
  explicit service_manager(loop& l);
  service_manager(const service_manager&) = delete;
  ~service_manager() override;

  /// Started, or reloaded: requests are welcome. `status` is for people, as always here.
  bool ready(std::string_view status = {});
  /// Follow it by `ready`, or by `stopping`.
  bool reloading(std::string_view status = {});
  /// About to end, within `limit` (beside which the manager's own TimeoutStopSec= counts, unless it
  /// comes first).
  bool stopping(duration limit, std::string_view status = {});
  /// One line, for `systemctl status`.
  bool status(std::string_view text);
  /// The process that counts from now on: for a supervisor that replaces itself.
  bool main_process(int process_id);
  /// Anything else that sd_notify(3) lists. False where nobody has been told.
  bool tell(std::string_view lines);

  /// Says `stopping` when `ending` begins.
  void take_part_in(graceful_shutdown& ending, duration limit) noexcept;

 private:
  void begin_shutdown() noexcept override { stopping(limit_); }

  loop* loop_;
  handle_id signs_of_life_;
  duration limit_;
};

}  // namespace rondo

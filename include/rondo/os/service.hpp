#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/result.hpp>
#include <rondo/base/time.hpp>
#include <rondo/os/fd.hpp>

/// What a service manager (systemd, or who imitates it) hands to a process in its environment. The
/// protocols are sd_listen_fds(3), sd_notify(3) and sd_watchdog_enabled(3), documented as stable.
/// Thread: one, before others are started, since the environment has no lock.
namespace rondo::os {

/// One descriptor that was opened for us.
struct activated_descriptor {
  std::string name;  ///< FileDescriptorName= of the unit, or "unknown"
  fd descriptor;     ///< close-on-exec from here on
};

/// The descriptors that were passed to this very process: none where there is no manager, or where
/// LISTEN_PID names another process. The variables are removed, so that no child takes them for its
/// own; a second call has nothing. Fails with `errc::invalid_argument` where they make no sense.
result<std::vector<activated_descriptor>> take_activated_descriptors();

/// Sends one message, lines of "NAME=value", to NOTIFY_SOCKET. -> 1 sent, 0 nobody wants to know,
/// or a negated errno. Never waits.
int notify_service_manager(std::string_view message) noexcept;

/// How often the manager wants a sign of life at least (WATCHDOG_USEC), or zero.
duration watchdog_limit() noexcept;

}  // namespace rondo::os

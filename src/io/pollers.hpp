#pragma once

#include <rondo/base/owned.hpp>
#include <rondo/base/result.hpp>
#include <rondo/io/poller.hpp>

namespace rondo::io {

/// Each fails where the kernel does not grant it to this process, or has no descriptor left.
result<owned<poller>> make_epoll_poller();  ///< edge-triggered; cost per event, not per descriptor
result<owned<poller>> make_poll_poller();   ///< for kernels and sandboxes without epoll
/// Descriptors of FD_SETSIZE (1,024) and more are refused with EMFILE: for this poller, they are
/// beyond the limit.
result<owned<poller>> make_select_poller();

/// A descriptor that other threads can make readable: how a waiting poller is woken. Close-on-exec,
/// never blocks. Negated errno where there is none to be had.
int open_wake_descriptor() noexcept;
void signal_wake(int fd) noexcept;
void absorb_wake(int fd) noexcept;

/// Whole milliseconds that are not less than `timeout`, so that a timer never fires early and a
/// loop never spins through the last one; -1 for ever.
int to_milliseconds(duration timeout) noexcept;

}  // namespace rondo::io

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// Signals as something to read instead of something that interrupts. Results are "a descriptor or
/// a number, or the negated errno".
namespace rondo::os {

/// A set of signals as the kernel's mask: bit n-1 is signal n.
using signal_mask = std::uint64_t;

/// Blocks the signals in the calling thread, and gives back what was blocked before.
signal_mask block_signals(signal_mask which) noexcept;
/// Makes `mask` what is blocked in the calling thread.
void restore_signals(signal_mask mask) noexcept;

/// A close-on-exec descriptor that is readable while one of the signals pends (signalfd(2)).
int open_signals(signal_mask which, bool nonblocking) noexcept;
/// Takes one pending signal: its number, or `would_block`.
int take_signal(int fd) noexcept;

/// "SIGTERM"; "signal 42" for one without a name.
std::string signal_name(int number);

}  // namespace rondo::os

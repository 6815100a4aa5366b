#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <rondo/os/fd.hpp>

/// Signals as something to read instead of something that interrupts. Results are "a number, or the
/// negated errno".
namespace rondo::os {

/// A set of signals as the kernel's mask: bit n-1 is signal n.
using signal_mask = std::uint64_t;

/// Blocks the signals in the calling thread, and gives back what was blocked before.
signal_mask block_signals(signal_mask which) noexcept;
/// Makes `mask` what is blocked in the calling thread.
void restore_signals(signal_mask mask) noexcept;

namespace detail {
struct signal_ear;  // src/os/signal_table.hpp
}

/// Hears of signals for as long as it is open; they don't do what they would do otherwise, end the
/// process say. Each of several listeners hears of each signal, on whichever thread the kernel has
/// delivered it (one that all threads block is not delivered). With the last listener of a signal
/// what was before is restored. Programs that are started meanwhile are not affected.
///
/// Thread: `take` on one thread at a time, the rest on any.
class signal_listener {
 public:
  signal_listener() noexcept = default;
  signal_listener(const signal_listener&) = delete;
  signal_listener& operator=(const signal_listener&) = delete;
  ~signal_listener() { static_cast<void>(close()); }

  /// Begins, once. Where `takes` is false nobody reads: the signals are dropped, and no descriptor
  /// is needed. -> 0. EINVAL where one of the signals can't be taken: SIGKILL and SIGSTOP, and
  /// those by which a thread is told of its own fault, after which it can't go on.
  int open(signal_mask which, bool takes) noexcept;
  /// Ends; what was not taken is dropped. The descriptor goes to the caller, who closes it.
  fd close() noexcept;

  /// Readable while there may be a signal to take.
  int descriptor() const noexcept { return wake_.get(); }
  /// The number of a signal that came, or `would_block`. Never waits. Signals of one number that
  /// came since it was taken last are one; of several numbers the least comes first.
  int take() noexcept;

 private:
  detail::signal_ear* ear_ = nullptr;
  fd wake_;
};

/// "SIGTERM"; "signal 42" for one without a name.
std::string signal_name(int number);

}  // namespace rondo::os

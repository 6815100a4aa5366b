#pragma once

#include <signal.h>

#include <atomic>

#include <rondo/os/signals.hpp>

/// Who has an interest in which signal of this process. Dispositions are the process's and not a
/// thread's, so this is one table, whoever uses it.
namespace rondo::os::detail {

/// One listener. Never freed but used again, since a handler may be looking at it at any moment.
struct signal_ear {
  // What it hears of; 0 where it is free. Written under the table's lock, read by handlers.
  std::atomic<signal_mask> wanted{0};
  // What has come. Set by handlers, cleared by who takes. The eventfd is written after a bit was
  // set, so whoever reads it and then looks misses none.
  std::atomic<signal_mask> came{0};
  std::atomic<int> wake{-1};   // an eventfd; written under the lock before `wanted`
  signal_ear* next = nullptr;  // for ever, once it is in the list
};

/// -> 0, or a negated errno; null where memory has run out
signal_ear* begin_to_hear(signal_mask which, int wake, int& failure) noexcept;
/// When this has returned no handler looks at `ear` or its eventfd any more.
void stop_hearing(signal_ear& ear) noexcept;

/// What is to be done about a terminal when a signal is about to end or to stop the process, or has
/// let it go on. Called in a signal handler.
struct terminal_hooks {
  void (*restore)() noexcept;
  void (*change_again)() noexcept;
};
/// From now on `hooks` are called, for each of the signals that nobody listens to and that would
/// end or stop the process; then that happens. Those that this program ignores or handles itself
/// are left alone, but for faults, which are handed on.
void watch_over_terminal(const terminal_hooks& hooks) noexcept;
void stop_watching_over_terminal() noexcept;

}  // namespace rondo::os::detail

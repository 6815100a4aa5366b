#pragma once

#include <string_view>

#include <rondo/base/owned.hpp>
#include <rondo/probe/recorder.hpp>

namespace rondo::observe {

/// While it lives, a signal makes the program write what its flight recorder holds into a new file
/// `rondo-trace-PID-TIME.json` (TIME: seconds since 1970, and thousandths), which only its user may
/// read, and say on standard error where that is. A thread of its own does it, so it works also
/// while all loops are stuck. `rondo trace PID` sends the signal and finds the file.
///
/// Thread: any. The recorder outlives it.
class trace_on_signal {
 public:
  /// `signal` is one of <csignal> that the program has no other use for: SIGUSR2. Throws `error`
  /// where the folder does not exist, and for a signal that can't be taken (see `signal_set`).
  trace_on_signal(const probe::recorder& of, int signal, std::string_view folder = ".");
  trace_on_signal(const trace_on_signal&) = delete;
  ~trace_on_signal();

 private:
  struct state;
  owned<state> state_;
};

/// While it lives, a crash makes the program write what its flight recorder holds into a new file
/// `rondo-crash-PID-TIME.json` and say on standard error where that is. Then what would have
/// happened without it happens. A crash is SIGSEGV (a stack overflow, too), SIGBUS, SIGFPE, SIGILL,
/// SIGTRAP, SIGSYS or SIGABRT, and hence an exception that nobody catches and a failed assertion.
///
/// Threads that were started before, and not by Rondo, have no stack for signals: the overflow of
/// theirs ends the process without a file.
///
/// Thread: one makes and destroys it; one at a time in a process. The recorder outlives it.
class trace_on_crash {
 public:
  /// Throws `error` where the folder does not exist, the thread that writes can't be had, or there
  /// is another one.
  explicit trace_on_crash(const probe::recorder& of, std::string_view folder = ".");
  trace_on_crash(const trace_on_crash&) = delete;
  ~trace_on_crash();

 private:
  struct state;
  owned<state> state_;
};

}  // namespace rondo::observe

#pragma once

#include <string>

#include <rondo/os/process.hpp>

namespace rondo {

/// How a process ended, and what it used. A value.
class exit_status {
 public:
  explicit exit_status(const os::process_end& end) noexcept : end_(end) {}

  /// It exited by itself, with code 0.
  bool success() const noexcept { return !end_.by_signal && end_.number == 0; }
  /// The exit code; -1 where a signal ended it.
  int code() const noexcept { return end_.by_signal ? -1 : end_.number; }
  /// The signal that ended it; 0 where it exited by itself.
  int signal() const noexcept { return end_.by_signal ? end_.number : 0; }
  bool core_dumped() const noexcept { return end_.core_dumped; }
  /// Processor time, memory, faults and switches, of the process and of its children that it has
  /// waited for.
  const os::process_end& usage() const noexcept { return end_; }

  /// "exited with 3", "killed by SIGSEGV (core dumped)".
  std::string to_string() const;

 private:
  os::process_end end_;
};

}  // namespace rondo

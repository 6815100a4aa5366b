#pragma once

#include <cstdint>
#include <span>

#include <rondo/base/time.hpp>
#include <rondo/os/fd.hpp>

/// Starting programs, and hearing how they ended. Results are "0, or the negated errno". Needs
/// Linux 5.4 (pidfds). Any thread.
namespace rondo::os {

/// One descriptor that a new program gets: `from`, as this process knows it, under the number `as`.
struct passed_descriptor {
  int from;
  int as;
};

/// What setrlimit(2) calls RLIMIT_...
enum class resource : std::uint8_t {
  address_space,  ///< bytes
  core_size,      ///< bytes of a core dump
  cpu_seconds,    ///< SIGXCPU at the soft one, SIGKILL at the hard one
  data_size,      ///< bytes
  descriptors,    ///< one more than the highest number
  file_size,      ///< bytes that a file may grow to; SIGXFSZ
  locked_memory,  ///< bytes
  processes,      ///< processes and threads of the user
  stack_size,     ///< bytes
};

/// One limit of a process, as getrlimit(2) has it.
struct resource_limit {
  static constexpr std::uint64_t unlimited = UINT64_MAX;

  resource of;
  std::uint64_t soft;
  std::uint64_t hard;
};

/// A program to be started. Everything it points to is the caller's and is only read.
struct spawn_plan {
  /// Paths, tried one after the other as execvp(3) does; null at the end.
  const char* const* programs = nullptr;
  const char* const* arguments = nullptr;    ///< the first is the name; null at the end
  const char* const* environment = nullptr;  ///< "NAME=value"; null at the end
  const char* directory = nullptr;           ///< null: that of this process
  std::span<const passed_descriptor> descriptors;
  std::span<const resource_limit> limits;
  std::span<const std::uint32_t> groups;  ///< with `user`: the supplementary ones

  static constexpr std::int64_t keep = -1;
  std::int64_t user = keep;  ///< and with it `group` and `groups`
  std::int64_t group = keep;
  std::int64_t umask = keep;
  std::int64_t process_group = keep;  ///< 0: a new one, led by the program
  bool new_session = false;
  int parent_death_signal = 0;  ///< sent when the thread that called `spawn` ends; 0: none
};

/// At which step the start of a program failed.
enum class spawn_step : std::uint8_t {
  clone,
  session,
  process_group,
  descriptors,
  limits,
  user,
  directory,
  parent_death_signal,
  execute,
};

/// What `spawn` made, or the step that it failed at.
struct spawned {
  fd pidfd;  ///< names the process, whatever becomes of its number; close-on-exec
  int id = 0;
  spawn_step failed_at = spawn_step::clone;
};

/// Starts a program, and returns when the program has begun to run. It starts with default signal
/// dispositions, an empty signal mask and no descriptor above 2 but what was passed (Linux 5.11;
/// before, those that are not close-on-exec come too). Costs the same however much memory this
/// process has, unless a user is set.
int spawn(const spawn_plan& plan, spawned& out) noexcept;

/// The variables of this process, "NAME=value", as `spawn_plan` takes them. Not while another
/// thread changes them.
const char* const* environment() noexcept;

/// Whether this process can see a file (or folder) of that name.
bool is_there(const char* path) noexcept;

/// How a process ended, and what it used.
struct process_end {
  bool by_signal = false;
  bool core_dumped = false;
  int number = 0;  ///< the exit code, or the signal

  bool usage_known = false;  ///< not where somebody else has reaped the process
  duration user_time;
  duration system_time;
  std::uint64_t max_resident_bytes = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
};

/// Takes notice of the end of a child, which is gone after that. `would_block` where it runs and
/// `wait` is false. Fails (ECHILD) where something else in this process has taken notice, and the
/// kernel does not tell what that was (it does from Linux 6.15 on).
int reap(int pidfd, bool wait, process_end& out) noexcept;

/// Sends a signal to the process. Fails (ESRCH) where it has ended and was reaped.
int signal_process(int pidfd, int number) noexcept;
/// Sends a signal to each process of a group.
int signal_group(int group, int number) noexcept;

}  // namespace rondo::os

#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include <rondo/base/time.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/probe/event.hpp>
#include <rondo/watchdog/limit.hpp>

namespace rondo {

/// One function of a native stack.
struct native_frame {
  std::uintptr_t address = 0;
  std::string function;  ///< as people write it; "" where it is not known
  std::string file;      ///< "" where there is no debug information
  int line = 0;
};

/// A call that holds a loop for longer than its limit: a callback that computes or blocks, or a
/// task that does so between two awaits.
struct stall {
  enum class activity : std::uint8_t {
    running,  ///< it uses a processor
    blocked,  ///< it waits in a system call
  };

  std::uint64_t number = 0;  ///< from 1; its end has the same
  bool is_over = false;      ///< told a second time: that it has ended
  /// So far, or in all, as the watcher has seen it: less than the truth by a fifth of the limit at
  /// most, and without the time in which the machine had no processor for the thread.
  duration lasted;
  duration limit;

  std::string loop;  ///< see loop_options::recorded_as
  int thread = 0;    ///< the kernel's number, as `top -H` shows it
  activity doing = activity::running;
  probe::turn_phase phase = probe::turn_phase::poll;
  std::string handle;                ///< "timeout", "interval", ...; "" where it is none
  std::source_location handle_born;  ///< where that was made; line 0 where there is none

  bool in_task = false;
  std::string task;                ///< its name
  std::source_location task_born;  ///< where it was spawned
  /// Where the coroutine that runs is awaited, where the one that awaits it is, and so on.
  std::vector<std::source_location> awaited_at;

  std::vector<native_frame> stack;  ///< innermost first, up to the loop
  std::string why_no_stack;         ///< where there is none
};

/// What the report says by default: several lines for a stall, one for its end.
std::string to_string(const stall& s);

/// Told of each stall twice: while it lasts, as soon as the limit has passed, and when it is over.
/// On the watcher's thread, one at a time; it may wait for nothing that a loop is to do before that
/// loop can end, and not set the hook. Null: back to the default, which writes to standard error,
/// at most ten stalls a minute, and says how many were left out. Returns when the hook before is
/// not being called any more. Any thread.
void set_stall_hook(unique_function<void(const stall&)> hook);

}  // namespace rondo

#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>

#include <rondo/probe/event.hpp>

namespace rondo::watchdog {

/// What is known of a call that does not end, as its own thread writes it down while it is stuck:
/// in a signal handler, so all of it has its place beforehand.
struct facts {
  static constexpr int most_awaits = 48;
  static constexpr int most_addresses = 64;
  static constexpr int longest_name = 63;

  // By the watchdog, before the others are asked.
  std::uintptr_t addresses[most_addresses] = {};  ///< of the native stack, innermost first
  std::uintptr_t functions[most_addresses] = {};  ///< where the functions around them begin
  int depth = 0;
  /// Where the stack lay from the interrupted function up to the loop, and what the processor's
  /// registers held: valid while the thread writes.
  std::uintptr_t stack_begin = 0, stack_end = 0;
  const void* registers = nullptr;
  std::size_t registers_size = 0;

  // By the loop.
  probe::turn_phase phase = probe::turn_phase::poll;
  const char* handle = nullptr;      ///< "interval": what is called; null: nothing with a name
  std::source_location handle_born;  ///< where it was made

  // By who knows about lines of execution.
  bool in_task = false;
  char task_name[longest_name + 1] = {};
  std::source_location task_born;
  /// Where the coroutine that runs is awaited, then where that one is, and so on.
  std::source_location awaited_at[most_awaits];
  int awaits = 0;
};

}  // namespace rondo::watchdog

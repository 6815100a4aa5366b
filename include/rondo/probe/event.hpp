#pragma once

#include <cstdint>
#include <source_location>

#include <rondo/base/time.hpp>

namespace rondo::probe {

/// What can happen. Behind each: who it is about; what `event::other` and `event::number` say.
enum class event_kind : std::uint8_t {
  none,
  // A loop, on the thread that runs it.
  poll_begins,   ///< a turn has come to its poll: number: how long it may wait, ns; -1: for ever
  poll_ends,     ///< the same turn goes on
  call_begins,   ///< a job: other: its function; number: the `turn_phase` whose queue it was in
  call_ends,     ///< of that one, or of the next two; the job may be gone by now
  timer_fired,   ///< a call, like `call_begins`, of a timer
  io_completed,  ///< a call of an operation: other: its name (`text_of`); number: the result
  // What a loop waits for.
  io_submitted,  ///< an operation that has to wait: other: its name; number: the descriptor
  io_at_once,    ///< an operation that did not have to: other: its name; number: the result
  posted,        ///< a job, from this thread to another's loop
  // Lines of execution: tasks.
  line_begins,     ///< a line: other: where it was spawned (`site_of`)
  line_named,      ///< a line: other: its name (`text_of`)
  line_resumed,    ///< a line: runs from here on, on this thread
  line_suspended,  ///< a line: other: what it waits for (`text_of`)
  line_woken,      ///< a line, by who runs on this thread: is ready to run, somewhere
  line_ended,      ///< a line
  // Work on other threads.
  work_queued,  ///< a job of the pool, by this thread
  work_begins,  ///< the same job, on this thread: other: its name (`text_of`)
  work_ends,    ///< of the one that this thread has begun
  // A runtime of many workers.
  stole,     ///< a worker, from whom: number: how many lines
  parked,    ///< this thread's worker has found no work
  unparked,  ///< it has some, or is to search
};
inline constexpr int event_kinds = static_cast<int>(event_kind::unparked) + 1;

/// "line_resumed". Static storage.
const char* to_string(event_kind kind) noexcept;

/// The parts of a turn, and the queues that are emptied within each. A phase has no events of its
/// own: it begins with the first call that names it and ends with its last, and one that calls
/// nothing costs nothing.
enum class turn_phase : std::uint8_t {
  timers,
  pending,
  idle_prepare,
  poll,
  check,
  close,
  next_ticks,
  microtasks,
};

/// "next ticks". Static storage.
const char* to_string(turn_phase phase) noexcept;

/// One event, as a reader gets it.
struct event {
  instant time;  ///< on `real_clock()`
  event_kind kind = event_kind::none;
  std::uint64_t subject = 0;  ///< who: an address, which another may have once this one has ended
  std::uint64_t other = 0;
  std::int64_t number = 0;  ///< 56 bits
};

/// A place as a number, and back: one pointer to what the compiler has laid down for ever, so that
/// an event can name a place without copying it.
inline std::uint64_t to_number(const std::source_location& where) noexcept {
  static_assert(sizeof where == sizeof(std::uint64_t));
  return __builtin_bit_cast(std::uint64_t, where);
}
inline std::source_location site_of(const event& e) noexcept {
  return __builtin_bit_cast(std::source_location, e.other);
}
/// The same for texts that live for ever, or as long as their recorder (`recorder::keep`).
inline std::uint64_t to_number(const char* text) noexcept {
  return reinterpret_cast<std::uintptr_t>(text);
}
inline const char* text_of(const event& e) noexcept {
  return e.other == 0 ? "" : reinterpret_cast<const char*>(e.other);
}

}  // namespace rondo::probe

// The names of events, for people and for tests.
#include <rondo/probe/event.hpp>

namespace rondo::probe {

const char* to_string(event_kind kind) noexcept {
  static constexpr const char* names[event_kinds] = {
      "none",         "poll_begins",    "poll_ends",  "call_begins", "call_ends",   "timer_fired",
      "io_completed", "io_submitted",   "io_at_once", "posted",      "line_begins", "line_named",
      "line_resumed", "line_suspended", "line_woken", "line_ended",  "work_queued", "work_begins",
      "work_ends",    "stole",          "parked",     "unparked"};
  const auto index = static_cast<int>(kind);
  return index < event_kinds ? names[index] : "unknown";
}

const char* to_string(turn_phase phase) noexcept {
  switch (phase) {
    case turn_phase::timers:
      return "timers";
    case turn_phase::pending:
      return "pending callbacks";
    case turn_phase::idle_prepare:
      return "idle, prepare";
    case turn_phase::poll:
      return "poll";
    case turn_phase::check:
      return "check";
    case turn_phase::close:
      return "close callbacks";
    case turn_phase::next_ticks:
      return "next ticks";
    case turn_phase::microtasks:
      return "microtasks";
  }
  return "unknown";
}

}  // namespace rondo::probe

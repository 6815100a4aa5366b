// What a loop tells the flight recorder: its waits, its calls, and the operations that it starts.
// All of it stands behind a question that a loop without a recorder answers with no.
#include <rondo/probe/track.hpp>

#include "loop/state.hpp"

namespace rondo {

using probe::event_kind;

void loop::state::record_call(probe::turn_phase in, job& j) noexcept {
  const auto number = static_cast<std::int64_t>(in);
  if (&j == completing) {
    const auto& o = static_cast<const io::op&>(j);
    track->record(event_kind::io_completed, &j, probe::to_number(io::to_string(o.kind)), o.result);
  } else {
    const bool is_timer = in == probe::turn_phase::timers;
    track->record(is_timer ? event_kind::timer_fired : event_kind::call_begins, &j,
                  reinterpret_cast<std::uintptr_t>(j.run), number);
  }
}

probe::turn_phase loop::state::phase() const noexcept {
  using probe::turn_phase;
  if (from == nullptr) return turn_phase::timers;
  if (from == &pending_batch) return turn_phase::pending;
  if (from == &idle_hooks || from == &prepare_hooks) return turn_phase::idle_prepare;
  if (from == &completed || from == &arrived) return turn_phase::poll;
  if (from == &closing_batch) return turn_phase::close;
  if (from == &ticks) return turn_phase::next_ticks;
  if (from == &microtasks || from == &when_drained) return turn_phase::microtasks;
  return turn_phase::check;
}

void loop::state::record_start(const io::op& o, io::submission how) noexcept {
  const std::uint64_t name = probe::to_number(io::to_string(o.kind));
  if (how == io::submission::done) {
    track->record(event_kind::io_at_once, &o, name, o.result);
  } else {
    track->record(event_kind::io_submitted, &o, name, o.fd);
  }
}

probe::track* loop::track() const noexcept {
  return state_->track;
}

}  // namespace rondo

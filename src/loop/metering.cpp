// Around every call and every wait of a loop that is watched: the clock for `loop_metrics`, and the
// flight recorder (recording.cpp). A loop that is not asks one question and comes not here.
#include <utility>

#include <rondo/probe/track.hpp>

#include "loop/meter.hpp"

namespace rondo {

using probe::event_kind;

void loop::state::call_watched(job& j) noexcept {
  const probe::turn_phase in = phase();
  if (track != nullptr) record_call(in, j);
  completing = nullptr;
  meter* const m = measured.get();
  const instant begun = m == nullptr ? instant() : options.time->now();
  call_plainly(j);
  if (m != nullptr && m == measured.get()) {
    const auto which = static_cast<std::size_t>(in);
    m->calls[which].add(1);
    m->in_calls_ns[which].add((options.time->now() - begun).count_ns());
  }
  if (track != nullptr) track->call_ends_by_next();  // the next call's, or the wait's
}

int loop::state::wait_watched(duration timeout) noexcept {
  if (track != nullptr) {
    track->record(event_kind::poll_begins, nullptr, 0, timeout.count_ns());
  }
  meter* const m = measured.get();
  const instant begun = m == nullptr ? instant() : options.time->now();
  // A look that does not wait is work.
  const bool sleeps = m != nullptr && timeout > duration();
  if (sleeps) m->waits_since_ns.store(begun.count_ns(), std::memory_order_relaxed);
  const int outcome = backend->wait(timeout, completed);
  if (sleeps) {
    m->waits_since_ns.store(0, std::memory_order_relaxed);
    m->idle_ns.add((options.time->now() - begun).count_ns());
  }
  if (m != nullptr) m->turns.add(1);
  if (track != nullptr) track->record(event_kind::poll_ends);
  return outcome;
}

void loop::measure(bool on) {
  state& s = *state_;
  s.measured = on ? make_owned<state::meter>(s.options.time->now()) : owned<state::meter>();
  s.watched = on || s.track != nullptr;
}

loop_metrics loop::metrics() const noexcept {
  loop_metrics all;
  const state::meter* const m = state_->measured.get();
  if (m == nullptr) return all;
  const auto span = [](const state::meter::tally& t) { return duration::nanoseconds(t.read()); };
  all.turns = static_cast<std::uint64_t>(m->turns.read());
  all.idle = span(m->idle_ns);
  for (int i = 0; i < loop_metrics::phases; ++i) {
    all.calls[i] = static_cast<std::uint64_t>(m->calls[i].read());
    all.in_calls[i] = span(m->in_calls_ns[i]);
  }
  const instant now = state_->options.time->now();
  const std::int64_t waits_since = m->waits_since_ns.load(std::memory_order_relaxed);
  if (waits_since != 0) all.idle = all.idle + (now - instant::from_ns(waits_since));
  all.active = (now - m->begun) - all.idle;
  return all;
}

}  // namespace rondo

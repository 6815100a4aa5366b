// Around every call and every wait of a loop that is watched: the clock for `loop_metrics`, and the
// flight recorder (recording.cpp). A loop that is not asks one question and comes not here.
#include <utility>

#include <rondo/probe/track.hpp>

#include "loop/meter.hpp"

namespace rondo {

using probe::event_kind;

/// Since the last call of the run before, anything may have been.
void loop::state::run_begins_watched() noexcept {
  if (measured != nullptr) measured->last_ended = 0;
}

void loop::state::call_watched(job& j) noexcept {
  const probe::turn_phase in = phase();
  meter* const m = measured;
  if (&j == completing && m != nullptr) m->io_completed.add(1);
  if (track != nullptr) record_call(in, j);
  completing = nullptr;
  const std::uint64_t begun = m == nullptr ? 0 : m->call_begins();
  call_plainly(j);
  if (m != nullptr) m->call_ends(static_cast<std::size_t>(in), begun);
  if (track != nullptr) track->call_ends_by_next();  // the next call's, or the wait's
}

int loop::state::wait_watched(duration timeout) noexcept {
  if (track != nullptr) {
    track->record(event_kind::poll_begins, nullptr, 0, timeout.count_ns());
  }
  meter* const m = measured;
  // A look that does not wait is work.
  const bool sleeps = m != nullptr && timeout > duration();
  const instant begun = sleeps ? options.time->now() : instant();
  if (sleeps) m->waits_since_ns.set(begun.count_ns());
  const int outcome = backend->wait(timeout, completed);
  if (sleeps) {
    m->waits_since_ns.set(0);
    m->idle_ns.add((options.time->now() - begun).count_ns());
  }
  if (m != nullptr) {
    m->turns.add(1);
    m->last_ended = 0;
  }
  if (track != nullptr) track->record(event_kind::poll_ends);
  return outcome;
}

/// Of a loop that is shared on any thread, under its lock.
void loop::state::watch_start(const io::op& o, io::submission how) noexcept {
  if (track != nullptr && probe::this_thread() == track) record_start(o, how);
  if (measured == nullptr) return;
  (how == io::submission::done ? measured->io_at_once : measured->io_waited).add(1);
}

void loop::measure(bool on) {
  state& s = *state_;
  state::meter* m = s.last_meter.load(std::memory_order_relaxed);
  if (m == nullptr) {
    if (!on) return;
    m = new state::meter(*s.options.time);
  }
  if (on && m->users++ == 0) {
    m->begin(s.options.time->now());
    s.measured = m;
  } else if (!on && m->users > 0 && --m->users == 0) {
    m->is_on.set(0);
    s.measured = nullptr;
  }
  s.last_meter.store(m, std::memory_order_release);  // acquired by `metrics`
  s.watched = s.measured != nullptr || s.track != nullptr;
}

loop_metrics loop::metrics() const noexcept {
  loop_metrics all;
  const state::meter* const m = state_->last_meter.load(std::memory_order_acquire);
  if (m == nullptr || m->is_on.read() == 0) return all;
  const probe::tick_clock::scale worth = m->ticks.read();
  const auto in_calls = [&](const state::meter::tally& t) {
    return m->simulated != nullptr ? duration::nanoseconds(t.read())
                                   : worth.span(static_cast<std::uint64_t>(t.read()));
  };
  const auto number = [](const state::meter::tally& t) {
    return static_cast<std::uint64_t>(t.read());
  };
  all.turns = number(m->turns);
  all.io_at_once = number(m->io_at_once);
  all.io_waited = number(m->io_waited);
  all.io_completed = number(m->io_completed);
  all.idle = duration::nanoseconds(m->idle_ns.read());
  for (int i = 0; i < loop_metrics::phases; ++i) {
    all.calls[i] = number(m->calls[i]);
    all.in_calls[i] = in_calls(m->in_calls[i]);
  }
  const instant now = state_->options.time->now();
  const std::int64_t waits_since = m->waits_since_ns.read();
  if (waits_since != 0) all.idle = all.idle + (now - instant::from_ns(waits_since));
  all.active = (now - instant::from_ns(m->begun_ns.read())) - all.idle;
  return all;
}

}  // namespace rondo

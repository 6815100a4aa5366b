// What the loops do and who is busy, for a screen that is drawn again and again.
#include <algorithm>
#include <cstdio>

#include <rondo/observe/text.hpp>

#include "observe/words.hpp"

namespace rondo::observe {

namespace {

std::string percent(double part) {
  char text[16];
  std::snprintf(text, sizeof text, "%3.0f%%", std::min(part, 1.0) * 100);
  return text;
}

std::string state_of(const worker_view& w) {
  if (w.stuck) return "HELD UP for " + words::text_of(w.stuck_for);
  if (w.ended) return "has ended";
  return w.asleep ? "asleep" : "awake";
}

std::string line_of(const worker_view& w, const worker_view* before) {
  const loop_metrics span = before != nullptr ? w.loop.since(before->loop) : w.loop;
  std::string text = "worker " + std::to_string(w.index);
  if (!w.thread.empty()) text += " (" + w.thread + ')';
  text += "  " + state_of(w);
  std::uint64_t calls = 0, queued = 0;
  for (const std::uint64_t each : span.calls) calls += each;
  for (const std::uint64_t each : w.queued) queued += each;
  return text + "  busy " + percent(span.utilization()) + "  turns " + std::to_string(span.turns) +
         "  calls " + std::to_string(calls) + "  queued " + std::to_string(queued) + "  handles " +
         std::to_string(w.handles) + "  delay p99 " +
         words::text_of(duration::nanoseconds(w.delay_p99)) + " max " +
         words::text_of(duration::nanoseconds(w.delay_max)) + '\n';
}

}  // namespace

std::string overview(const snapshot& s, const snapshot* before, std::size_t rows) {
  std::size_t by_state[3] = {};
  for (const task_view& t : s.tasks) ++by_state[static_cast<std::size_t>(t.state)];
  std::string text = s.program + " (" + std::to_string(s.pid) + "), inspected for " +
                     words::text_of(s.uptime) + ", " + s.backend + '\n';
  text += words::count_of(s.tasks.size() + s.tasks_left_out, "task") + ": " +
          std::to_string(by_state[1]) + " running, " + std::to_string(by_state[0]) + " ready, " +
          std::to_string(by_state[2]) + " waiting";
  if (!s.deadlocks.empty()) text += "; " + words::count_of(s.deadlocks.size(), "DEADLOCK");
  text += '\n';
  std::size_t used = 4;
  for (const worker_view& w : s.workers) {
    if (++used >= rows && rows > 0) break;
    const worker_view* old = nullptr;
    if (before != nullptr) {
      const auto found = std::ranges::find(before->workers, w.index, &worker_view::index);
      if (found != before->workers.end()) old = &*found;
    }
    text += line_of(w, old);
  }
  // Busy since the last time, and not since ever.
  snapshot recent = s;
  if (before != nullptr) {
    for (task_view& t : recent.tasks) {
      const task_view* const old = words::find(*before, t.id);
      if (old == nullptr) continue;
      t.busy = t.busy - old->busy;
      t.polls -= old->polls;
    }
  }
  table_options table;
  table.order = table_order::busy;
  table.limit = rows > used + 2 ? rows - used - 2 : 1;
  return text + '\n' + tasks_as_table(recent, table);
}

}  // namespace rondo::observe

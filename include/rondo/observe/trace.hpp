#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/result.hpp>
#include <rondo/probe/recorder.hpp>

namespace rondo::observe {

/// What the flight recorder holds, as a trace that ui.perfetto.dev opens: JSON of the kind that
/// Chrome's tracing made common ("Trace Event Format").
///
/// The process "threads" has a track for each thread: its waits, the phases of its turns, and in
/// them the calls and the jobs of the pool. The process "tasks" has one for each task that anything
/// was seen of: when it ran and on which thread, what it waited for, and for how long it was ready.
/// Arrows lead from who woke a task to where it went on, from the start of an operation to its end,
/// from who queued a job to where it ran, and from a post to its call.
///
/// What had begun before the oldest event that is left begins there; what has not ended ends with
/// the newest, and says so ("open"). Times are microseconds since the oldest event. Throws
/// std::bad_alloc.
std::string chrome_trace(const std::vector<probe::track_record>& tracks);

/// The same for all that `of` holds now.
inline std::string chrome_trace(const probe::recorder& of) {
  return chrome_trace(of.snapshot());
}

/// The same into a file that nobody else may read (mode 0600), and that has its name only when it
/// is whole; one that is there already is replaced. Waits for the disk: on a loop this belongs on
/// the pool (`offload`). Throws std::bad_alloc.
result<void> write_trace(const probe::recorder& of, std::string_view path);

}  // namespace rondo::observe

#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include <rondo/base/time.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo {

/// How far the end of a program has come; see `graceful_shutdown`.
enum class shutdown_stage : std::uint8_t {
  running,     ///< nobody has asked for the end
  draining,    ///< nothing new is taken; what is open may be finished
  cancelling,  ///< the time for that is over: all that is left was cancelled
  overdue,     ///< what still has not ended is held by a shield, or does not return
  ended,       ///< all is over
};

/// "running", "draining", ...
const char* to_string(shutdown_stage stage) noexcept;

/// One task that has not ended.
struct shutdown_task {
  std::string name;            ///< as given to `spawn`, or ""
  std::source_location where;  ///< where it was spawned
  int depth = 0;           ///< 0, or one more than the task before it in the list that waits for it
  bool cancelled = false;  ///< whether a cancel has reached it
  bool shielded = false;   ///< a cancel has reached whoever waits for it, and a shield keeps it
  std::string stack;       ///< see `async_stack`
};

/// Something else that holds up the end, in the words of whoever knows it: a connection, a session.
struct shutdown_holder {
  std::string kind;                  ///< "http connection"
  std::string what;                  ///< "127.0.0.1:4711 GET /report, answering"
  instant since = instant::never();  ///< on the loop's clock; never: not known
};

/// What a program still waits for, and since when: a copy, which any thread may read.
struct shutdown_report {
  shutdown_stage stage = shutdown_stage::running;
  std::string reason;                ///< what was given to `begin`
  instant now;                       ///< on the loop's clock, when this was written
  instant begun = instant::never();  ///< when the end was asked for
  instant next = instant::never();   ///< when the next stage begins, if nothing ends before
  std::vector<shutdown_task> tasks;  ///< in the region of `run`, each before those it waits for
  std::vector<shutdown_holder> parts;
  std::vector<holder> handles;    ///< what keeps the loop alive: timers, operations, work
  std::vector<work_report> work;  ///< on the threads of the pool, whoever wants it

  /// Whether anything is waited for.
  bool is_empty() const noexcept { return tasks.empty() && parts.empty() && handles.empty(); }
};

/// For people: a headline, then a line or a stack for each, the first twenty of a kind, and how
/// many more there are.
std::string to_string(const shutdown_report& report);
/// For tools: one JSON object without a line break, with everything. Times are in milliseconds
/// before the report; unknown ones are left out.
std::string to_json(const shutdown_report& report);

}  // namespace rondo

// From the words of the room `task` into those of the room `probe`, which don't know each other.
#include "async/line_recorder.hpp"

#include <rondo/probe/recorder.hpp>
#include <rondo/task/task_context.hpp>

namespace rondo {

using probe::event_kind;

namespace {

/// A pointer that stays valid as long as the recorder, and the texts of no name are copied twice.
void record_name(probe::track& on, const task_context& line) noexcept {
  if (*line.name() == '\0') return;
  const char* const name = line.has_literal_name() ? line.name() : on.home().keep(line.name());
  on.record(event_kind::line_named, &line, probe::to_number(name));
}

}  // namespace

line_recorder& line_recorder::shared() noexcept {
  static constinit line_recorder only;
  return only;
}

void line_recorder::note(line_event what, const task_context& line) noexcept {
  probe::track* const on = probe::this_thread();
  if (on == nullptr) return;
  switch (what) {
    case line_event::begins:
      on->record(event_kind::line_begins, &line, probe::to_number(line.where()));
      return record_name(*on, line);  // it may have been named before
    case line_event::named:
      return record_name(*on, line);
    case line_event::resumed:
      return on->record(event_kind::line_resumed, &line);
    case line_event::suspended:
      return on->record(event_kind::line_suspended, &line,
                        probe::to_number(line.waits_for_unlocked().what));
    case line_event::waits_on:  // still suspended
    case line_event::yields:    // woken next
      return;
    case line_event::woken:
      return on->record(event_kind::line_woken, &line);
    case line_event::ended:
      return on->record(event_kind::line_ended, &line);
  }
}

}  // namespace rondo

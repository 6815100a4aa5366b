#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <rondo/observe/gallery.hpp>
#include <rondo/probe/event.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

/// From what the flight recorder and the stage have noted, to steps.
///
/// A queue is first in, first out: where n jobs wait in it, they are the next n that are called
/// from it. So what stands in a queue is read from what happened afterwards, and nobody has to
/// label the jobs of the loop. Timers and tasks are known by what they did before.
class retelling {
 public:
  /// `marks` are the events of no kind among `events`, in their order.
  retelling(std::vector<probe::event> events, std::vector<mark> marks);

  /// A step for each line that was said, without its reason.
  std::vector<step> steps() const;

 private:
  /// A job that the loop called: the events [begin, end).
  struct call {
    std::uint64_t begin = 0, end = 0;
    probe::turn_phase phase = probe::turn_phase::poll;
    std::string name;
  };
  /// A callback, between its making and its last end: numbers of marks.
  struct life {
    std::string name;  // empty: none has this number
    std::size_t made = 0, gone = SIZE_MAX;
    std::vector<std::size_t> called;    // and returned, in turns
    std::vector<std::uint64_t> events;  // before each of these
    bool has_phase = false;
    probe::turn_phase phase = probe::turn_phase::poll;

    bool runs_at(std::size_t mark) const;
    /// Is there, and is not being called.
    bool waits_at(std::size_t mark) const {
      return !name.empty() && made < mark && mark < gone && !runs_at(mark);
    }
  };
  /// A task, from one event of its own to the next.
  struct stretch {
    std::uint64_t from = 0, to = UINT64_MAX;
    std::string name;
    std::string waits_for;  // empty: it does not wait
    bool runs = false;
  };

  void place_marks(std::vector<probe::event>& events);
  void read_calls(const std::vector<probe::event>& events);
  void read_tasks(const std::vector<probe::event>& events);
  void read_callbacks();
  void name_calls();
  const call* call_at(std::uint64_t moment) const;
  step told(std::size_t at) const;
  std::string runs_at(std::size_t at) const;
  std::vector<std::string> next_of(probe::turn_phase phase, std::size_t at) const;
  std::vector<std::string> timers_at(std::size_t at) const;
  std::vector<std::string> blocked_at(std::size_t at, const step& so_far) const;
  std::uint64_t fires_after(const std::string& name, std::uint64_t moment) const;

  std::vector<mark> marks_;
  std::vector<call> calls_;
  std::vector<life> lives_;  // by number
  std::vector<stretch> stretches_;
};

}  // namespace rondo::observe::gallery

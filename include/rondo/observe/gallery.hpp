#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/time.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/loop/loop_metrics.hpp>

/// Small programs that show in which order a loop calls what: after the examples with which
/// articles on event loops explain themselves. Each is compiled into the library together with its
/// own source text, is run live, and is told step by step.
namespace rondo::observe::gallery {

/// One program, before it is run. All texts live for ever.
struct entry {
  std::string_view name;      ///< "start_end"
  std::string_view title;     ///< "Zero is not at once"
  std::string_view question;  ///< that it answers
  std::string_view article;   ///< whose example it is made after
  std::string_view source;    ///< what is shown of it
  int first_line = 1;         ///< of `source`, in its file
};

/// All of them, in the order in which they are best read.
const std::vector<entry>& entries();
/// Null where none is called so.
const entry* find(std::string_view name);

/// A line that the program said, and how things stood when it had.
struct step {
  /// Where the loop was: a phase or a queue; `in_main` outside of `run`, and `at_end` behind it.
  std::string where;
  bool in_main = false;
  bool at_end = false;
  probe::turn_phase phase = probe::turn_phase::poll;  ///< otherwise
  std::string runs;                                   ///< the callback or task that said it
  int line = 0;                                       ///< of the source; 0: of none
  std::string said;
  std::string why;  ///< why it was its turn
  duration at;      ///< since the beginning, on the clock of the program
  /// Who waits in each phase and queue to be called, next first, by `probe::turn_phase`.
  std::vector<std::string> waiting[loop_metrics::phases];
  /// Who waits for something else, and for what: "cook: receive from a channel".
  std::vector<std::string> blocked;
};

/// What came of one run.
struct performance {
  std::string backend;
  std::vector<step> steps;  ///< the last is the end
};

/// Runs a program on a loop and a thread of its own, on a clock that jumps, with a flight recorder,
/// and returns when it has ended: after a few milliseconds, whatever its timers say. Any thread,
/// which waits. Throws `error` where the backend cannot be had.
performance run(const entry& which, io::backend_kind backend = io::backend_kind::automatic);

/// What it is expected to print, a line each.
std::vector<std::string_view> expected(const entry& which);

/// As JSON, for pages: `entries()`, and one of them with its steps.
std::string list_as_json();
std::string as_json(const entry& which, const performance& seen);

/// For a terminal: the source beside the steps.
std::string list_as_text();
std::string as_text(const entry& which, const performance& seen);

}  // namespace rondo::observe::gallery

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <rondo/base/owned.hpp>
#include <rondo/base/time.hpp>
#include <rondo/observe/snapshot.hpp>
#include <rondo/task/task.hpp>

namespace rondo::probe {
class recorder;
}  // namespace rondo::probe

namespace rondo::observe {

/// How a program is looked at. All have defaults.
struct inspect_options {
  inspect_options() noexcept = default;

  /// Whether `rondo ps PID` and its kin may ask: through a Unix socket that none but this user can
  /// use, in `socket_folder`/PID.sock. "": $XDG_RUNTIME_DIR/rondo, or /tmp/rondo-UID, where they
  /// look for it. A process has one such socket: where another inspector has opened it, this one
  /// joins that, and each shows the loops of both, with that one's limits (what stands below
  /// `recorder`).
  bool socket = true;
  std::string socket_folder;
  /// Whether a page is served to browsers, at `inspector::page()`: on this machine only, and only
  /// to who has the token that the address ends with.
  bool page = false;
  std::string page_host = "127.0.0.1";  ///< or "::1"
  std::uint16_t page_port = 0;          ///< 0: a free one
  /// Whose events the page steps through: what the loop, or the runtime, was given. Outlives the
  /// inspector. Null: none.
  const probe::recorder* recorder = nullptr;
  /// Tasks that are kept track of at once, some 400 bytes each; how many more there are is counted.
  std::size_t most_tasks = 100'000;
  /// Descriptors, timers and other handles that a snapshot lists.
  std::size_t most_listed = 1'000;
  /// How long a snapshot waits for a loop's answer.
  duration answer_within = duration::milliseconds(50);
  /// A task that runs for so long without an await, or a loop that is held for so long, is
  /// remarkable.
  duration stall = duration::milliseconds(100);
  /// So is one that is ready, and not resumed for so long.
  duration overdue = duration::seconds(1);
};

/// Looks at the program while it lives, and leaves no trace when it is destroyed: on a thread of
/// one of the loops that it was to look at, or after their end. A loop that ends meanwhile is shown
/// as it was last. Move-only.
class inspector {
 public:
  struct state;  // src/observe/inspector_state.hpp

  explicit inspector(owned<state> begun) noexcept;
  inspector(inspector&& other) noexcept;
  inspector& operator=(inspector&& other) noexcept;
  ~inspector();

  /// Everything, as it is now, of all inspectors that share a socket with this one. Any thread,
  /// also while workers hang: waits for them no longer than
  /// `inspect_options::answer_within`. On a worker's own thread it blocks that one meanwhile.
  snapshot look() const;

  /// The address of the page, to be clicked on: whoever knows it may look. "" where there is none.
  const std::string& page() const noexcept;

 private:
  owned<state> state_;
};

/// `auto see = co_await rondo::observe::inspect();` From here on, and until `see` is destroyed, all
/// that the tasks do is known: of this loop and those that belong together with it (all workers of
/// the runtime that runs the calling task, or all shards of its `run`), and of the tasks that were
/// there before. Wherever among them it stands, one line is enough; a `worker_thread` has a loop by
/// itself, and needs a line of its own. Throws std::bad_alloc or `error`.
///
/// A loop that hangs just then is waited for no longer than `inspect_options::overdue`: it is shown
/// as stuck, and with its tasks as soon as it comes back.
///
/// It costs some 80 ns each time that a task is suspended and goes on, most of it for reading the
/// clock (docs/design/0020-census.md); nothing where it is not called.
task<inspector> inspect(inspect_options options = {});

}  // namespace rondo::observe

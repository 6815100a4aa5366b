#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/observe/inspect.hpp>

#include "observe/census.hpp"
#include "observe/loop_watch.hpp"
#include "observe/loops_together.hpp"
#include "observe/observer.hpp"

namespace rondo::observe {

/// Loops that belong together, and a census of what runs on them.
struct watched_loops {
  watched_loops(const loops_together& all, int first_index, const inspect_options& options);
  watched_loops(const watched_loops&) = delete;
  /// Any thread; the loops let go when they come to it. Until then they tell a census that is
  /// closed.
  ~watched_loops();

  bool has(const loop& l) const noexcept;

  census* people;
  std::vector<std::shared_ptr<loop_watch>> loops;  // as in their group
  int users = 1;                                   // guarded by the lock of all lookouts
};

/// From where loops are looked at: by one inspector that is by itself, or by all of the process
/// that are seen through one socket, of which a process has one. The first of them makes it, and
/// its options are the ones that count; the last one takes it down.
class lookout {
 public:
  lookout(const lookout&) = delete;
  ~lookout() = default;

  /// The one of that socket, or a new one. With the loops watched, by it or by the new user. Any
  /// thread, like what follows. Throws std::bad_alloc.
  struct place {
    lookout* from = nullptr;
    watched_loops* loops = nullptr;
    bool is_first = false;  // to watch these loops
  };
  static place enter(const loops_together& all, const inspect_options& options);
  /// Once for each `enter`.
  static void leave(const place& p) noexcept;

  /// Where there is to be a socket, and is none yet. Throws `error`.
  void open_socket();
  snapshot look();

 private:
  explicit lookout(const inspect_options& given);

  static lookout* find(const inspect_options& options) noexcept;
  watched_loops* watching(const loop& l) const noexcept;
  int free_index(int count) const noexcept;

  const inspect_options options_;
  const instant begun_;
  lookout* next_ = nullptr;  // of those with a socket, under their lock

  std::mutex looking_;  // one at a time; guards what follows
  std::vector<owned<watched_loops>> all_;

  owned<observer> outside_;  // under the lock of all lookouts
};

}  // namespace rondo::observe

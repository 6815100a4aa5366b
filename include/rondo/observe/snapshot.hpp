#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include <rondo/base/time.hpp>
#include <rondo/loop/loop_metrics.hpp>
#include <rondo/runtime/worker_metrics.hpp>

namespace rondo::observe {

/// What a task does.
enum class task_state : std::uint8_t {
  ready,    ///< it may go on, and has not been resumed yet
  running,  ///< on its worker
  waiting,
};

/// What makes a task worth a look. A set of bits.
enum class suspicion : std::uint8_t {
  none = 0,
  never_polled = 1,     ///< ready since it was spawned, for longer than the limit
  polled_too_long = 2,  ///< it runs, or ran once, for longer than the limit without an await
  wakes_itself = 4,     ///< nearly all its wake-ups are its own: it spins
  lost_wake_up = 8,     ///< woken and not resumed for longer than the limit
  deadlocked = 16,      ///< it is part of a cycle of waits
};

/// One task: a line of execution together with the coroutines that it awaits in place.
struct task_view {
  std::uint64_t id = 0;  ///< from 1, in the order of births; no two tasks of a program share one
  std::string name;
  std::source_location spawned_at;
  std::uint64_t parent = 0;  ///< the task in whose scope or group it is; 0: not known
  task_state state = task_state::ready;
  int worker = 0;  ///< where it runs, or ran last
  std::uint8_t suspicions = 0;
  const void* line = nullptr;  ///< what `probe::event::subject` says of it; only to be compared

  std::uint64_t polls = 0;       ///< times it was resumed
  std::uint64_t wakes = 0;       ///< times that somebody made it ready
  std::uint64_t self_wakes = 0;  ///< of which by itself
  std::uint64_t woken_by = 0;  ///< the last task that did; 0: none did, but I/O, a timer, a thread
  duration age;
  duration busy;
  duration in_state;  ///< since when it is as it is
  duration longest_poll;

  // While it waits.
  std::string waits_for;  ///< "sleep", "lock of a mutex"
  std::source_location waits_at;
  int fd = -1;               ///< of I/O
  const void* on = nullptr;  ///< the mutex, the channel, ...; only to be compared
  std::uint64_t joins = 0;   ///< the task whose end it waits for
  /// Where each coroutine of the task awaits the next inner one, the innermost first; at most
  /// `most_frames`.
  std::vector<std::source_location> awaited_at;
  static constexpr int most_frames = 8;
};

/// Something that one task holds and others wait for.
struct lock_view {
  const void* on = nullptr;
  std::string what;          ///< "mutex"
  std::uint64_t holder = 0;  ///< a task; 0: not known
};

/// A cycle of waits: each task waits for the next, the last for the first.
struct deadlock {
  std::vector<std::uint64_t> tasks;
  std::string in_words;  ///< a sentence for each of them
};

/// What keeps a loop alive, or a timer that is due next.
struct handle_view {
  int worker = 0;
  std::string what;  ///< "interval", "hold", "operation", "work"
  std::source_location where;
  duration due;  ///< of a timer: from now
};

/// One open socket of the process, as the kernel describes it.
struct socket_view {
  int fd = -1;
  std::string kind;          ///< "tcp", "udp", "unix stream", ...
  std::string local;         ///< "127.0.0.1:8080"
  std::string peer;          ///< "" where there is none
  std::string state;         ///< "listening", "connected", ...
  std::int64_t unread = -1;  ///< bytes; -1: not known
  std::int64_t unsent = -1;
};

/// A job of the blocking pool that runs.
struct job_view {
  std::string name;
  duration running_for;
};

/// One loop: that of a worker of the runtime, of a shard, of a worker thread, or the only one.
struct worker_view {
  int index = 0;
  std::string thread;  ///< its name
  bool asleep = false;
  bool ended = false;  ///< the loop is gone: what follows is what was true last
  /// Not asleep, and in the same callback for longer than the stall limit: what follows is what was
  /// true before.
  bool stuck = false;
  duration stuck_for;
  std::uint64_t stuck_task = 0;
  duration answered_ago;  ///< how old what follows is
  loop_metrics loop;      ///< since the inspector began
  worker_metrics worker;  ///< zeros without a crew
  std::uint64_t queued[static_cast<int>(probe::turn_phase::microtasks) + 1] = {};  ///< by phase
  std::uint64_t handles = 0;  ///< that keep it alive
  // Its delay, in nanoseconds.
  std::uint64_t delay_count = 0;
  std::int64_t delay_p50 = 0, delay_p90 = 0, delay_p99 = 0, delay_max = 0;
  /// How many were how long: [0] below 16 microseconds, each next one below twice the limit of the
  /// one before, the last one all that are longer.
  static constexpr int delay_buckets = 20;
  std::uint64_t delays[delay_buckets] = {};
};

/// Everything that can be seen of a program at one moment, or, of a worker that is stuck, what was
/// last known. A value: it refers to nothing that lives.
struct snapshot {
  int pid = 0;
  std::string program;
  duration uptime;  ///< since the inspector began
  std::string backend;
  std::vector<worker_view> workers;
  std::vector<task_view> tasks;  ///< by id
  std::uint64_t tasks_left_out = 0;
  std::vector<lock_view> locks;
  std::vector<deadlock> deadlocks;
  std::vector<handle_view> handles;
  std::vector<socket_view> sockets;
  std::vector<job_view> jobs;
  std::uint64_t jobs_queued = 0;
};

}  // namespace rondo::observe

#pragma once

#include <string>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/net/ipc_channel.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/process/process_options.hpp>
#include <rondo/task/task.hpp>

namespace rondo::cluster {

/// One worker process, as it is reported.
struct worker_info {
  int index = 0;       ///< its place, from 0
  int generation = 0;  ///< of which reload, from 1
  int process = 0;     ///< its number, for people
};

/// What became of a worker.
enum class worker_event_kind : std::uint8_t {
  started,   ///< the process runs
  ready,     ///< it has said that it serves
  draining,  ///< it was asked to end
  exited,    ///< it has ended, asked or not; `text` says how
  failed,    ///< it could not be started, or was not ready in time; `text` says why
  pausing,   ///< its successor waits, since too many have died too soon; `text` says how long
  late,      ///< it does not end in time, and gets a signal; `text` says which
};

/// "started" and so on. Static storage.
const char* to_string(worker_event_kind kind) noexcept;

/// One thing that has happened to one worker.
struct worker_event {
  worker_event_kind kind;
  worker_info worker;
  std::string text = {};
};

/// How a supervisor treats its workers.
struct supervisor_options {
  supervisor_options() noexcept = default;

  int workers = 1;                                ///< at least 1
  duration ready_within = duration::seconds(30);  ///< from its start; then it counts as dead
  duration end_within = duration::seconds(30);    ///< of its own accord; then SIGTERM
  duration kill_after = duration::seconds(5);     ///< SIGTERM; then SIGKILL

  /// A worker that has served for so long and dies is replaced at once. One that dies sooner is
  /// replaced after a pause that doubles each time.
  duration proven_after = duration::seconds(2);
  duration first_pause = duration::milliseconds(100);
  duration longest_pause = duration::seconds(10);
  /// So many of one place in a row that die sooner, and `run` gives up.
  int give_up_after = 5;

  /// Told what happens, from a task of the supervisor; what it throws ends `run`.
  unique_function<void(const worker_event&)> on_event;
  /// Given the messages of the workers, in the same way.
  unique_function<void(const worker_info&, ipc_message)> on_message;
};

/// How the workers share a port. The supervisor holds the sockets in both cases, so no connection
/// is lost when a worker goes.
enum class sharing : std::uint8_t {
  /// A socket for each place (SO_REUSEPORT): the kernel spreads connections by their addresses,
  /// evenly where they are many. What waits for a worker that has died waits for its successor.
  queue_per_worker,
  /// One socket for all: whoever is free takes the next connection, also while a place is empty.
  /// But
  /// whoever wakes first takes many, and with connections that stay, keeps them.
  one_queue,
};

/// Keeps n worker processes at work, which serve the same ports. A worker is a program that is
/// started with `worker::is_one()` true, mostly this very program (`this_program`). The supervisor
/// itself accepts nothing: it opens the sockets, and holds them, so that no connection is lost when
/// workers come and go.
///
/// Thread: the loop's. Lifetime: within the loop's, outlives `run`.
class supervisor {
 public:
  /// Throws std::bad_alloc.
  supervisor(loop& l, process_options program, supervisor_options options = {});
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;
  ~supervisor();

  /// Opens a port, before `run`: number 0, 1, ... of `worker::listener`. The address with the port
  /// that it has got.
  result<socket_address> listen(const socket_address& address,
                                sharing how = sharing::queue_per_worker,
                                listen_options options = {});
  /// The same for a socket that somebody else has opened.
  result<socket_address> listen(os::fd listening);

  /// Starts the workers and keeps them at work until `stop`; returns when the last has ended.
  /// Throws `error` where they die again and again, after the others have ended. Where it is
  /// cancelled, all are killed at once. May be called once.
  task<> run();

  /// Replaces all workers, one after the other: starts the successor, waits until it is ready, asks
  /// the old one to end and waits until it has. Where a successor does not become ready, the old
  /// one stays, and this throws `error` that says why. Cancelling it leaves the rest as they are.
  /// Calls take turns. Throws `error` with `errc::closed` where `run` does not run.
  task<> reload();

  /// Asks all workers to end, and lets `run` return when they have. Idempotent.
  void stop() noexcept;

  /// Sends a message to the worker at a place, tags from 0 to 239. Throws `error`: `closed` where
  /// none is there at the moment, or as ipc_channel::send.
  task<> send(int index, ipc_parcel what);

  /// Those that serve, by their places; who is being started, or ends, is not among them.
  std::vector<worker_info> workers() const;
  bool is_ready() const noexcept;  ///< whether a worker serves at every place

  struct state;  // src/cluster/supervisor_state.hpp

 private:
  owned<state> state_;
};

/// This program with its arguments, to be started once more as a worker: what is installed under
/// its path by then, so that a reload brings a new version. Throws `error`.
process_options this_program();

}  // namespace rondo::cluster

#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <rondo/loop/loop.hpp>
#include <rondo/net/ipc_channel.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/task/task.hpp>

namespace rondo::cluster {

/// What ties a worker process to the supervisor that has started it: the sockets to listen on, and
/// a channel. Where the supervisor is gone, however it went, a worker is to end like one that was
/// asked to: `receive` and `until_end` tell it.
///
/// Thread: the loop's. Lifetime: within the loop's. One line of execution at a time receives.
class worker {
 public:
  /// Whether this process was started as a worker and has not joined yet.
  static bool is_one() noexcept;
  /// Takes up the ties; once. Changes the environment of this process, so before other threads that
  /// read it are started: what this process starts is no worker. Throws `error` where the
  /// environment says what no supervisor says.
  static worker join(loop& l);

  worker(worker&&) noexcept = default;
  worker& operator=(worker&&) noexcept = default;

  /// Its place among the workers, from 0.
  int index() const noexcept { return index_; }
  /// Counts the reloads of the supervisor, from 1.
  int generation() const noexcept { return generation_; }

  /// The socket that the supervisor's `listen` number `which` has opened; each once. Shared with
  /// other workers, so closing it loses no connection. Throws `error`.
  tcp_listener listener(std::size_t which = 0);

  /// Tells the supervisor that this worker serves: at a reload, the one before it ends only now.
  task<> ready();
  /// Does not fail where the supervisor is gone: that is told by `receive`.
  task<> send(ipc_parcel what);
  /// The next message of the supervisor; nothing, and again nothing, once this worker is to end:
  /// because it was asked to, or because the supervisor is gone. Then finish what is under way.
  task<std::optional<ipc_message>> receive();
  /// Waits until this worker is to end. Messages until then are dropped.
  task<> until_end();

  /// Whether the supervisor was still there when it was last heard of.
  bool has_supervisor() const noexcept { return channel_.is_open(); }

 private:
  worker(loop& l, ipc_channel channel, int index, int generation) noexcept
      : loop_(&l), channel_(std::move(channel)), index_(index), generation_(generation) {}

  task<> tell(ipc_parcel what);

  loop* loop_;
  ipc_channel channel_;
  std::vector<os::fd> listeners_;
  int index_;
  int generation_;
  bool is_to_end_ = false;
};

}  // namespace rondo::cluster

#pragma once

#include <atomic>
#include <concepts>
#include <optional>
#include <utility>

#include <rondo/sync/channel.hpp>

namespace rondo {

/// What a worker is given by its `worker_thread`: its end of the two queues of messages. Thread:
/// the worker's; its tasks, all of them, and with `try_send` and `try_receive` also the threads of
/// its pool. Lifetime: until the worker's main task has ended.
template <class ToWorker, class FromWorker>
class worker_port {
 public:
  worker_port(channel<ToWorker>& in, channel<FromWorker>& out,
              const std::atomic<bool>& terminating) noexcept
      : in_(&in), out_(&out), terminating_(&terminating) {}
  worker_port(const worker_port&) = delete;

  /// Waits for a message and yields it; nothing once the other side has called `close` and all was
  /// received. Throws `cancelled`, and has received nothing then.
  [[nodiscard]] auto receive() noexcept { return in_->receive(); }
  /// What can be received at once, or nothing.
  [[nodiscard]] std::optional<ToWorker> try_receive() noexcept { return in_->try_receive(); }

  /// Sends, waiting for room where the queue is full. Where it throws, `message` is the caller's as
  /// before: `cancelled`, or `error` with `errc::closed` where nobody can receive it any more.
  [[nodiscard]] auto send(FromWorker&& message) noexcept { return out_->send(std::move(message)); }
  /// The same with a copy.
  [[nodiscard]] auto send(const FromWorker& message)
    requires std::copy_constructible<FromWorker>
  {
    return out_->send(message);
  }
  /// Sends where that is possible at once. Otherwise false, and `message` is the caller's.
  [[nodiscard]] bool try_send(FromWorker&& message) { return out_->try_send(std::move(message)); }
  /// Sends nothing more: the other side receives what is there, then the end. Idempotent.
  void close() noexcept { out_->close(); }

  /// Whether the worker is to end, for computations that await nothing: any await throws
  /// `cancelled` then. Any thread.
  bool is_terminating() const noexcept { return terminating_->load(std::memory_order_relaxed); }

 private:
  channel<ToWorker>* in_;
  channel<FromWorker>* out_;
  const std::atomic<bool>* terminating_;
};

}  // namespace rondo

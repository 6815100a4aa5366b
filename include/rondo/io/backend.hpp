#pragma once

#include <rondo/base/job.hpp>
#include <rondo/base/time.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/io/op.hpp>
#include <rondo/os/file_call.hpp>

namespace rondo::io {

enum class submission : bool {
  pending,  ///< will be appended to the queue of some later `wait`, exactly once
  done,     ///< `op.result` is set; nothing will be queued
};

/// The seam between a loop and the operating system, in the shape of completions: ask, and be told
/// when it is done. io_uring has this shape by nature; readiness (epoll, poll, select) is bent into
/// it by `readiness_backend`; a simulation can have it too.
///
/// Thread: everything but `wake` belongs to one thread, that of the first call.
///
/// The cancellation contract, which every backend keeps and the conformance suite checks:
///  1. An op that was `pending` completes exactly once, cancelled or not, closed under or not.
///  2. It is not completed while the kernel can still touch its memory.
///  3. Its result tells the truth: `os::cancelled` means that nothing was transferred; whatever was
///     transferred is reported as done, even where a cancel had been asked.
///  4. Bytes or connections that arrive for nobody (after a cancel, between two reads) are kept
///     for the next op on that descriptor.
class backend {
 public:
  virtual ~backend() = default;

  /// Starts `o`. Never runs a job inline.
  virtual submission submit(op& o) noexcept = 0;

  /// Asks a pending op to end early. It still completes as the contract says. Nothing where `o` is
  /// not pending any more.
  virtual void cancel(op& o) noexcept = 0;

  /// Ends the life of a descriptor; whichever had an op must be closed here and nowhere else, or
  /// what the backend knows of it is taken for the next one of that number. All ops that pend on it
  /// complete (`os::cancelled` where they did nothing), what was kept for it is dropped, and it is
  /// closed as soon as the kernel holds no operation on it any more, so that its number can't come
  /// back too early. At once where none does.
  virtual void close(int fd) noexcept = 0;

  /// How many descriptors have been given to `close` and are still held by the kernel.
  virtual int closing() const noexcept = 0;

  /// Hands everything submitted to the kernel, waits until an op completes, `wake` is called or
  /// `timeout` has passed (zero: only looks; `duration::max()`: for ever), and appends what is
  /// finished to `completed`. May return early with nothing. 0, or a negated errno with which the
  /// backend can't go on.
  virtual int wait(duration timeout, job_queue& completed) noexcept = 0;

  /// Any thread, at any time: makes the present `wait`, or else the next one, return.
  virtual void wake() noexcept = 0;

  /// Returns the buffer that a `receive_some` lent. Each exactly once.
  virtual void give_back(std::uint16_t buffer) noexcept = 0;

  /// Whether it serves ops of the kind `file` with calls of this kind. Where it does not,
  /// submitting one answers at once that it is not supported, and a thread of the pool has to make
  /// the call.
  virtual bool takes(os::file_call_kind /*call*/) const noexcept { return false; }

  /// Whether descriptors must be O_NONBLOCK before the first op on them. (io_uring waits either
  /// way, and spares whoever else holds the descriptor a flag that he may not expect.)
  virtual bool wants_nonblocking() const noexcept = 0;

  /// Calls `f` on each op that pends.
  virtual void for_each_pending(unique_function<void(const op&)> f) const = 0;

  /// "uring", "epoll", "poll", "select", or the name of what somebody else made.
  virtual const char* name() const noexcept = 0;
};

}  // namespace rondo::io

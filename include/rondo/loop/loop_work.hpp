#pragma once

#include <rondo/base/intrusive_list.hpp>
#include <rondo/base/job.hpp>
#include <rondo/pool/blocking_job.hpp>

namespace rondo {

class loop;

/// Work for a thread of the loop's pool whose end is told on the loop's own thread: what lies under
/// `loop::queue_work` and `offload`, in memory of whoever wants it done.
///
/// Lifetime: in place from `loop::submit` until `done` or `forsaken` is called, or `loop::cancel`
/// has said true.
class loop_work : public job, public blocking_job, public list_hook<loop_work> {
 public:
  loop_work() noexcept;

  /// Between `loop::submit` and the end of that lifetime. On the loop's thread.
  bool is_outstanding() const noexcept { return list_hook<loop_work>::is_linked(); }

 protected:
  ~loop_work() = default;

 private:
  friend class loop;
  class port;

  /// On the loop's thread, in its poll phase, behind `perform`; or with false, where the pool was
  /// shut down before its turn. May throw, as any callback; may destroy this.
  virtual void done(bool performed) = 0;
  /// Instead of `done`, where the loop is gone or `loop::abandon` was called: nobody waits any
  /// more. On whichever thread; may destroy this, and touches nothing of the loop.
  virtual void forsaken() noexcept = 0;

  void ended(bool performed) noexcept final;

  port* port_ = nullptr;  // to the loop; set by `submit`
  instant submitted_;     // the loop's time then
  // What became of it. Guarded by the port until it is delivered, the loop's afterwards.
  bool performed_ = false;
  bool delivered_ = false;  // posted to the loop
  bool forsaken_ = false;   // nobody waits
  // The loop's.
  bool cancelled_ = false;  // a cancel came too late

 protected:
  /// Where somebody else counts for it, it does not keep the loop alive by itself. Before `submit`.
  bool unreferenced_ = false;
  /// It owns all that it uses, so the end of the loop lets go of it at once instead of waiting.
  /// Before `submit`.
  bool left_behind_ = false;
};

}  // namespace rondo

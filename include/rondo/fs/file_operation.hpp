#pragma once

#include <rondo/async/io_awaiter.hpp>
#include <rondo/io/file_call.hpp>
#include <rondo/loop/loop_work.hpp>

namespace rondo::fs {

/// How a call of the file system is made.
enum class way : std::uint8_t {
  measured,  ///< as the table in src/fs/ways.cpp says, which was measured
  ring,      ///< by the kernel, where the backend takes such calls; by the pool where not
  pool,      ///< by a thread of the loop's pool (`work_kind::files`)
};

/// One call of the file system that a line of execution awaits: `co_await file_operation(call)`
/// yields a count, a descriptor, or a negated errno (see os/errors.hpp). It is what everything in
/// this room is made of. The memory and the paths that the call names stay in place until then.
///
/// What needs no wait is done at once. A call that has not begun is taken back by a cancel, and
/// `cancelled` is thrown; one that has begun is waited for, and its result is yielded. So
/// `cancelled` means that nothing has happened.
///
/// Thread: the line's. It may be moved until it is awaited.
class [[nodiscard]] file_operation : public io_awaiter {
 public:
  explicit file_operation(const os::file_call& call, way how = way::measured,
                          site where = site::current()) noexcept;
  file_operation(file_operation&& unstarted) noexcept;

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  int await_resume();
  /// The same without an exception: `os::cancelled`.
  int finish() noexcept;
  as_result_awaiter<file_operation> as_result() && noexcept {
    return as_result_awaiter<file_operation>(*this);
  }

 protected:
  bool start(task_context& context, std::coroutine_handle<> waiting);
  /// Instead of a start: the result is known without one.
  bool start_with(task_context& context, int known) noexcept;
  os::file_call& call() noexcept { return call_; }
  const os::file_call& call() const noexcept { return call_; }
  /// Whether the call was taken back by a cancel, and not by the end of the pool.
  bool was_cancelled() const noexcept;

 private:
  /// The call as work for the pool, with the way back.
  class pooled final : public loop_work {
   public:
    explicit pooled(file_operation& of) noexcept : of_(&of) {}
    void begin(site from);

   private:
    void perform() noexcept override;
    void done(bool performed) override;
    void forsaken() noexcept override {}

    file_operation* of_;
  };

  static const wait_kind kind_of_call;
  void take_back() noexcept;
  bool end_at_once() noexcept;

  io::file_call call_;
  pooled pooled_;
  way how_;
};

}  // namespace rondo::fs

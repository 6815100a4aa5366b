#pragma once

#include <initializer_list>

#include <rondo/async/io_awaiter.hpp>
#include <rondo/os/signals.hpp>

namespace rondo {

class signal_set;

/// Awaits the next signal of a set.
class [[nodiscard]] signal_awaiter : public io_awaiter {
 public:
  signal_awaiter(signal_set& from, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  int await_resume();
  rondo::result<int> finish();
  as_result_awaiter<signal_awaiter> as_result() && noexcept {
    return as_result_awaiter<signal_awaiter>(*this);
  }

 private:
  bool start(task_context& context, std::coroutine_handle<> waiting);
  bool took_one() noexcept;
  static void step(job& j);

  signal_set* set_;
  int signal_ = 0;
};

/// Some signals (`SIGINT`, `SIGTERM`, ... of <csignal>), awaited instead of handled: while the set
/// lives they don't end the process, on whichever thread they come. Each of several sets hears of
/// each signal. With the last one what was before is restored; programs that are started meanwhile
/// are not affected. Thread: the loop's. Lifetime: within the loop's.
class signal_set {
  using site = std::source_location;

 public:
  using stays_on_thread = void;

  /// Throws `error`: `errc::invalid_argument` for what can't be taken, SIGKILL, SIGSTOP and the
  /// signals of faults (SIGSEGV, ...), after which a thread can't go on.
  signal_set(loop& l, std::initializer_list<int> which);
  signal_set(const signal_set&) = delete;
  signal_set& operator=(const signal_set&) = delete;
  ~signal_set();

  /// The number of the next signal. One that came before the call is not lost. Signals of one
  /// number that came since it was taken last are one.
  signal_awaiter next(site where = site::current()) noexcept {
    return signal_awaiter(*this, where);
  }

 private:
  friend class signal_awaiter;

  loop* loop_;
  os::signal_listener listener_;
};

}  // namespace rondo

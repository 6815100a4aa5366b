#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <source_location>

#include <rondo/base/thread_token.hpp>
#include <rondo/os/thread.hpp>
#include <rondo/runtime/worker_thread.hpp>
#include <rondo/sync/event.hpp>

namespace rondo {

class scope;

namespace detail {

/// What a worker shares with whoever started it. Kept by the `worker_thread`, by the thread while
/// it runs, and by the notice of its end while that is queued at the home loop.
struct worker_base::state {
  state(loop& at_home, owned<worker_program> what, worker_options given,
        std::source_location made_at) noexcept;

  /// Starts the thread. Throws `error`.
  void start();
  void terminate(label reason, std::source_location where) noexcept;
  /// The end of the `worker_thread`.
  void abandon() noexcept;

  void keep() noexcept { users.fetch_add(1, std::memory_order_relaxed); }
  void drop() noexcept {
    // acq_rel: whoever deletes has seen all that the others did.
    if (users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  // On the worker's thread
  static void* thread_main(void* argument) noexcept;
  std::exception_ptr turn_loop() noexcept;
  void turn_loop_until_main_ends();
  task<> main();
  void ends(std::exception_ptr thrown) noexcept;

  // On the home loop
  struct notice : job {
    state* of = nullptr;
  };
  static void has_ended_at_home(job& j);
  bool is_home() const noexcept { return home_thread == this_thread_token(); }
  void report(std::exception_ptr failure) noexcept;

  bool wait_for_end(duration limit) noexcept;
  void join_thread() noexcept {
    if (!joined.exchange(true, std::memory_order_acq_rel)) thread.join();
  }

  const owned<worker_program> program;
  worker_options options;
  const duration shutdown_limit = options.on_loop.shutdown_limit;
  const std::source_location where;
  os::thread thread;
  const void* const home_thread = this_thread_token();
  handle_id held;       // of the home loop
  event online;         // the main task has begun, or never will
  event ended;          // `outcome` stands, and the worker's loop is gone
  worker_exit outcome;  // the worker's thread's before `ended`; afterwards nobody changes it
  // Each is set once, and tells of nothing but itself.
  std::atomic<bool> has_begun{false};     // the main task has; before `online` is set
  std::atomic<bool> failure_seen{false};  // somebody was told of `outcome.failure`
  std::atomic<bool> joined{false};        // somebody joins the thread, has done so or let it go
  std::atomic<int> users{1};

  std::mutex lock;  // guards what follows; held while something is posted to either loop
  std::condition_variable has_ended;
  loop* home;             // null: nobody there wants to be told any more
  loop* works = nullptr;  // the worker's, while it can be posted to
  bool is_over = false;
  bool told_to_end = false;
  label reason;  // of the first `terminate`
  std::source_location told_where;

  notice to_end, to_close, has_come_home;

  // The worker's thread's
  scope* all = nullptr;     // what `terminate` cancels, while the main task is under way
  bool is_in_main = false;  // also where `run` has left it behind, with work that hangs
};

}  // namespace detail
}  // namespace rondo

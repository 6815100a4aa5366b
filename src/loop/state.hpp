#pragma once

#include <atomic>
#include <exception>
#include <vector>

#include <rondo/base/inbox.hpp>
#include <rondo/base/slab.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/probe/track.hpp>
#include <rondo/watchdog/beat.hpp>

namespace rondo {

/// What a node is for.
enum class node_kind : std::uint8_t {
  timeout,
  interval,
  immediate,
  idle,
  prepare,
  check,
  hold,
  work
};

/// To the handler of leaked_handle.hpp, where there is one: what keeps this loop alive.
void report_leaks(const loop& l) noexcept;

/// "interval". Static storage.
const char* name_of(node_kind kind) noexcept;

/// What a `handle_id` names. Nodes are recycled but never freed before the loop is, so an outdated
/// id finds a node of another generation and nothing worse.
struct loop::node : timer {
  state* owner = nullptr;
  callback f;
  union {
    duration delay = {};  // of a timer: for `refresh`, and for the next round of an interval
    loop_work* work;      // of work for the pool: a queued_work
  };
  instant since;
  site where;
  node* next_free = nullptr;
  std::uint32_t generation = 0;
  node_kind kind = node_kind::timeout;
  bool in_use : 1 = false;
  bool active : 1 = false;      // will be called (or, a hold, holds)
  bool referenced : 1 = false;  // keeps the loop alive while active
  bool calling : 1 = false;     // its callback is on the stack
  bool cleared : 1 = false;     // nothing finds it any more, though it may be queued or called
};

/// A callback that waits in one of the queues.
struct callable : job {
  callable(run_function how, callback&& what, loop::state* from) noexcept
      : job(how), f(std::move(what)), owner(from) {}
  callback f;
  loop::state* owner;  // to whose slab it goes back; null where it came from the heap
};

/// Everything that a loop is. Each group belongs to the file of src/loop that is named beside it.
struct loop::state {
  explicit state(loop_options given);
  ~state();

  // loop.cpp: the turn
  void turn(run_mode mode);
  void run_timers() {
    if (lending) [[unlikely]]
      return call_shared_timers();
    if (timers.next_due() <= now) call_timers();
  }
  void call_timers();
  void run_pending();
  void run_hooks(job_queue& hooks) {
    if (!hooks.empty()) call_hooks(hooks);
  }
  void call_hooks(job_queue& hooks);
  void poll(duration timeout);
  void wait(duration timeout) noexcept;
  void wait_failed(int outcome) noexcept;
  void run_immediates();
  void run_closing();
  duration poll_timeout(run_mode mode) const noexcept;
  bool is_alive() const noexcept;
  void update_time() noexcept {
    now = options.time->now();
    time_is_new = true;
  }

  // lending.cpp: a loop that other threads may use
  struct lending_state;
  class exclusive;
  void call_shared_timers();
  void poll_shared(duration timeout);
  bool start_shared(io::op& o) noexcept;
  instant next_due() const noexcept;
  void arm(timer& t, instant due);
  bool disarm(timer& t) noexcept;

  // queues.cpp: running a job, the two intermediate queues, posts
  void call(job& j) noexcept {
    if (watched) [[unlikely]]
      return call_watched(j);
    call_plainly(j);
  }
  void call_plainly(job& j) noexcept;  // never throws: see `failure`
  void call_and_drain(job& j) noexcept {
    allowance = options.task_allowance;
    call(j);
    if (ticks.empty() && microtasks.empty()) return;
    if (options.drain_queues == drain::after_each_callback) drain_all();
  }
  void drain_queues() noexcept {  // asked many times a turn, and mostly for nothing
    if (!ticks.empty() || !microtasks.empty()) drain_all();
  }
  void drain_all() noexcept;
  void drain_until_empty() noexcept;
  void drain_both() noexcept;
  void drain_again_for_the_rest() noexcept;
  void drain_generation(job_queue& queue, job_queue& batch) noexcept;
  bool reached_tick_limit(std::uint32_t depth) noexcept;
  void call_all(job_queue& batch) noexcept {
    if (!batch.empty()) call_batch(batch);
  }
  void call_batch(job_queue& batch) noexcept;
  void caught() noexcept;
  bool take_uncaught(std::exception_ptr thrown) noexcept;
  job& callable_job(callback& f);
  static void run_callable(job& j);
  static void run_posted(job& j);
  void discard(job& j) noexcept;
  void discard_queued() noexcept;  // holders.cpp

  // metering.cpp: what somebody wants to know of every call and every wait
  struct meter;
  void run_begins_watched() noexcept;
  void call_watched(job& j) noexcept;
  int wait_watched(duration timeout) noexcept;

  // recording.cpp: what the flight recorder is told
  void record_call(probe::turn_phase in, job& j) noexcept;
  probe::turn_phase phase() const noexcept;
  void watch_start(const io::op& o, io::submission how) noexcept;
  void record_start(const io::op& o, io::submission how) noexcept;

  // stall_facts.cpp: what the watchdog is told of a call that does not end
  static void describe_call(const void* of, const job* called, watchdog::facts& into) noexcept;

  // handles.cpp: timers, immediates, hooks
  node& make_node(node_kind kind, callback& f, site where);
  void release(node& n) noexcept;
  void activate(node& n) noexcept;
  void deactivate(node& n) noexcept;
  void settle(node& n) noexcept;
  handle_id make_timer(node_kind kind, instant due, duration delay, callback& f, site where);
  handle_id add_hook(job_queue& hooks, node_kind kind, callback& f, site where);
  static void call_node(node& n);
  static void fire(job& j);
  static void run_immediate(job& j);
  static void run_hook(job& j);

  // work.cpp: work for the pool
  static void work_arrived(job& j);
  void forget(loop_work& w) noexcept;
  void take_back(loop_work& w) noexcept;
  void forsake(loop_work& w) noexcept;
  void release_work(node& n) noexcept;
  bool end_work() noexcept;
  void leave_port() noexcept;
  void give_up(intrusive_list<loop_work, loop_work>& running) noexcept;
  void let_go(intrusive_list<loop_work, loop_work>& running) noexcept;

  loop_options options;
  io::backend* backend;
  instant now;
  bool time_is_new = false;  // nothing was called since `now` was read

  job_queue ticks, ticks_batch;
  job_queue microtasks, microtasks_batch;
  job_queue when_drained, when_drained_batch;
  // A microtask that does nothing: while it is queued, the queues are not empty, so whoever looks
  // at them need not look at `when_drained` too.
  job drain_mark{[](job&) {}};
  job_queue pending, pending_batch;
  job_queue after_io, after_io_batch;  // jobs for the check phase, which keep the loop alive
  job_queue immediates, immediates_batch;
  job_queue closing, closing_batch;
  job_queue completed;  // what the backend has finished, to be run in the poll phase
  job_queue idle_hooks, prepare_hooks, check_hooks;
  timer_heap timers;

  long holding = 0;     // what is active and referenced: nodes and armed timers
  long operations = 0;  // operations that pend and are referenced
  int allowance = 0;    // see loop::allowance
  int idle_active = 0;  // idle hooks: the poll must not wait

  watchdog::beat beat;              // what the watchdog sees of each call
  const job_queue* from = nullptr;  // whose jobs are called; null: due timers

  bool watched = false;              // there is a track, or a meter
  meter* measured = nullptr;         // null: nobody measures
  std::atomic<meter*> last_meter{};  // once made it stays, since any thread may read it
  probe::track* track = nullptr;     // of the thread that runs this; null: nothing is recorded
  const job* completing = nullptr;   // the operation that is called next, where it is recorded

  bool running = false;
  bool stopping = false;
  std::uint64_t calls_before = 0;  // the beat's count when `run` began
  bool yielded = false;        // the tick limit was reached: no ticks before I/O has been served
  std::exception_ptr failure;  // what ends `run`: while it is set, no phase calls anything more
  unique_function<void(std::exception_ptr)> uncaught_hook;
  unique_function<void(std::uint32_t)> starvation_hook;

  loop_companion* companions = nullptr;
  owned<lending_state> lending;  // where the loop is shared

  slab<callable> callables;
  std::vector<node*> node_chunks;
  node* free_nodes = nullptr;
  static constexpr int nodes_per_chunk = 64;

  intrusive_list<loop_work, loop_work> works;  // outstanding
  loop_work::port* work_port = nullptr;        // from the first work on
  owned<blocking_pool> own_pool;

  inbox posted;
  job_queue arrived;  // taken out of the inbox, to be run
  // Whether the loop waits, or is about to, and nobody has woken it yet. Written by the loop (true
  // before a wait, false after it) and by whoever wakes it (false). seq_cst, as `inbox::push` and
  // `empty` are: either the poster sees true and wakes, or the loop sees the post and does not
  // wait.
  std::atomic<bool> sleeping{false};

  // Once a job has been pushed, it may run and end the loop, while whoever pushed it is still to
  // look whether the loop sleeps. So who looks counts when it is done, the loop counts whom it has
  // to expect, and goes only when all of them have gone.
  void take_posts() noexcept {
    if (posted.take_into(arrived)) ++wakers_expected;
  }
  std::uint32_t wakers_expected = 0;
  std::atomic<std::uint32_t> wakers_gone{0};  // released by each of them, acquired by ~state
};

}  // namespace rondo

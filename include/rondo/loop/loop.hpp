#pragma once

#include <cstdint>
#include <exception>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include <rondo/base/label.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/base/timer_heap.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/io/backend.hpp>
#include <rondo/loop/companion.hpp>
#include <rondo/loop/loop_metrics.hpp>
#include <rondo/loop/loop_work.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/pool/blocking_pool.hpp>
#include <rondo/watchdog/limit.hpp>

namespace rondo {

namespace probe {
class recorder;
class track;
}  // namespace probe
namespace watchdog {
class beat;
}  // namespace watchdog

/// When the two intermediate queues (next ticks, then microtasks) are emptied.
enum class drain : std::uint8_t {
  after_each_callback,  ///< as Node 11 and later do
  after_each_phase,     ///< as Node 10 did, and as the older articles describe
};

enum class run_mode : std::uint8_t {
  until_done,  ///< until nothing keeps the loop alive, or `stop`
  once,        ///< one turn, which waits for something to happen where nothing has yet
  nowait,      ///< one turn, which does not wait
};

/// What a loop is made with. All have defaults.
struct loop_options {
  loop_options() noexcept = default;

  /// How to wait. None: what RONDO_BACKEND says, otherwise the best that the kernel grants.
  owned<io::backend> backend;
  /// What time it is. Outlives the loop.
  clock* time = &real_clock();
  /// Threads for blocking work, which several loops may share. Outlives the loop. None: the loop
  /// makes a pool of its own when work comes.
  blocking_pool* pool = nullptr;
  /// How long blocking work that does not end can hold up the end: of the loop, when it is
  /// destroyed, and of `rondo::run`, when all its tasks were cancelled. In real time.
  duration shutdown_limit = duration::seconds(5);
  drain drain_queues = drain::after_each_callback;
  /// How many generations of next ticks that queue next ticks (or of microtasks that queue
  /// microtasks) may follow each other before it is reported to `on_starvation`; 0: any number,
  /// unreported.
  std::uint32_t tick_depth_limit = 0;
  /// Whether what is left at the limit then waits until I/O has been served. Without it the queue
  /// is only reported.
  bool yield_at_tick_limit = true;
  /// How many times tasks may be resumed, or go on without having had to wait, between two chances
  /// for I/O and timers. At least 1. Callbacks, and what they queue, are not counted.
  int task_allowance = 256;
  /// How long one call (a callback, or a task from one resumption to the next await) may hold the
  /// loop until that is reported, while it still does: see `set_stall_hook`. 0: no limit. The
  /// environment variable RONDO_STALL_MS, where it is set, takes precedence.
  duration stall_limit = default_stall_limit();
  /// Whether other threads may start, cancel and close operations here, arm and disarm timers, and
  /// `lend`: for a runtime whose tasks go from one loop to another. It costs a lock around each of
  /// these, and then only what was made with `hold` and its like keeps the loop alive. The backend
  /// has to be one that may be shared (`io::make_backend`).
  bool shared = false;
  /// Who keeps the last that this loop, and what runs on it, has done; outlives the loop. None:
  /// nobody, at no price.
  probe::recorder* recorder = nullptr;
  /// What the recorder, and the report of a stall, are to call this loop's thread.
  const char* recorded_as = "loop";
};

/// Names one timer, immediate or hook of one loop. Stays valid as a name for ever: once what it
/// named is gone, every call with it does nothing.
class handle_id {
 public:
  handle_id() noexcept = default;
  friend bool operator==(const handle_id&, const handle_id&) noexcept = default;

 private:
  friend class loop;
  handle_id(void* node, std::uint32_t generation) noexcept : node_(node), generation_(generation) {}

  void* node_ = nullptr;
  std::uint32_t generation_ = 0;
};

/// How work for the pool is done; see `loop::queue_work`.
struct work_options {
  work_options() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `{work_kind::files, "read"}` where it is a
  // parameter
  work_options(work_kind of, label called = {}) noexcept : kind(of), name(std::move(called)) {}

  work_kind kind = work_kind::other;
  label name;  ///< for reports
};

/// One reason why `run` does not return.
struct holder {
  const char* kind = "";       ///< "timeout", "hold", "receive", "next ticks" (a whole queue), ...
  std::source_location where;  ///< where it was made; line 0 where that is not known
  instant since;               ///< when, where `where` is known
  int fd = -1;                 ///< for I/O: on what
  std::string name = {};       ///< of work for the pool: what it is called
};

/// What waits in a loop, as far as it was made already.
struct loop_queues {
  /// By `probe::turn_phase`: timers that are armed, hooks, I/O that has ended, and the rest.
  std::uint64_t waiting[loop_metrics::phases] = {};
};

/// A timer that is armed.
struct armed_timer {
  const char* kind = "";       ///< "timeout", "interval", "timer of a task"
  std::source_location where;  ///< where it was made; line 0 where that is not known
  instant due;
};

/// The event loop: Node's six phases over completions, without a task in sight.
///
/// One turn: timers; pending callbacks; idle, then prepare hooks; poll for I/O; check (immediates);
/// close callbacks. After every callback the next ticks run, then the microtasks, until both queues
/// are empty. src/loop/loop.cpp says the same in code, on one page.
///
/// Thread: the one that calls `run`; only `post` and `post_job` may be called from others, and what
/// `loop_options::shared` adds to them.
/// Callbacks may throw (see `on_uncaught`). Every call that takes a callback may throw
/// std::bad_alloc, and has then done nothing.
class loop {
 public:
  using stays_on_thread = void;

  using site = std::source_location;

  /// Throws `error` where the backend cannot be had.
  explicit loop(loop_options options = {});
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  /// What was still queued is destroyed, not run.
  ~loop();

  /// Turns until the mode says otherwise. True where something still keeps the loop alive.
  /// Throws what a callback threw, where no `on_uncaught` took it; the loop can be run again then,
  /// and goes on behind that callback. Throws `error` where the backend can't go on.
  bool run(run_mode mode = run_mode::until_done);
  /// Ends `run` after the present turn, without waiting for I/O. From the loop's thread.
  void stop() noexcept;
  bool is_running() const noexcept;
  /// Whether its thread waits in the kernel, not woken yet. Any thread; may be out of date at once.
  bool is_asleep() const noexcept;

  // Time ------------------------------------------------------------------------------------------
  /// The loop's time: read once before the timers of a turn and once after the poll, so that one
  /// callback sees one time, at no cost.
  instant now() const noexcept;
  /// The clock that the loop was given.
  clock& time() const noexcept;
  /// Reads the clock: after long work, before a timer that should count from here.
  void update_time() noexcept;

  // How busy it is ------------------------------------------------------------------------------
  /// Begins to measure, for the price of reading the clock once a callback, once more a turn and
  /// twice a wait, or ends. Nests: who finds it measured already goes on with those figures, and
  /// the last who ends it stops it. From the loop's thread.
  void measure(bool on);
  /// What was measured since it began; all 0 where nothing is. Any thread, where the clock is
  /// `real_clock()`.
  loop_metrics metrics() const noexcept;

  // Timers: by due time, then by the order of their making; never early -------------------------
  /// Calls once after `delay`; less than 1 ms is 1 ms, as in Node.
  handle_id set_timeout(duration delay, callback f, site where = site::current());
  /// Calls again and again, each time `delay` after the loop's time at the call before: a slow
  /// callback delays the next call, and rounds that were missed are not made up for.
  handle_id set_interval(duration delay, callback f, site where = site::current());
  /// Lets a timeout or an interval begin anew from now, also a timeout whose callback runs just
  /// now.
  void refresh(handle_id timer);
  /// asyncio's: after exactly `delay` (0 and less: in the next turn), at a point in time (one
  /// that has passed counts as now).
  handle_id call_later(duration delay, callback f, site where = site::current());
  handle_id call_at(instant due, callback f, site where = site::current());

  // The other phases ------------------------------------------------------------------------------
  /// In the pending phase of the next turn: after everybody else had a chance.
  void call_soon(callback f);
  /// In the check phase that follows, after I/O.
  handle_id set_immediate(callback f, site where = site::current());
  /// In every turn. An idle hook also keeps the poll from waiting, a prepare hook does not. Hooks
  /// keep the loop alive.
  handle_id add_idle(callback f, site where = site::current());
  handle_id add_prepare(callback f, site where = site::current());
  handle_id add_check(callback f, site where = site::current());
  /// In the close phase, once: the last that anybody hears of a closed thing.
  void call_on_close(callback f);

  // The two intermediate queues -----------------------------------------------------------------
  void next_tick(callback f);
  void queue_microtask(callback f);

  // From other threads --------------------------------------------------------------------------
  /// Any thread: runs `f` on the loop, in its poll phase. Lock-free; many posts cost one wake. A
  /// loop that is about to end does not wait for posts that have not come yet: see `hold`.
  /// Lifetime: the loop may end because of what is posted, but not before that has run.
  void post(callback f);
  /// The same for a job of the caller's, which stays in place until it runs. Never allocates.
  void post_job(job& j) noexcept;

  // Blocking work -------------------------------------------------------------------------------
  /// The pool of the options, or the loop's own. Throws std::bad_alloc.
  blocking_pool& pool();
  /// Calls `work` on a thread of the pool, and `done` on the loop when it has returned, with what
  /// it threw or null. Both are destroyed on the loop's thread, but where the loop is destroyed
  /// before the work has ended. `clear` is `cancel_work`. Throws `error` where no thread can be
  /// had.
  handle_id queue_work(callback work, unique_function<void(std::exception_ptr)> done,
                       work_options options = {}, site where = site::current());
  /// True where `work` had not begun: neither it nor `done` will be called. Otherwise nothing has
  /// changed.
  bool cancel_work(handle_id h) noexcept;

  // What keeps the loop alive -------------------------------------------------------------------
  /// Ends a timer, an immediate, a hook or a hold. Its callback is not called any more. Work that
  /// has begun it leaves alone: see `cancel_work`.
  void clear(handle_id h) noexcept;
  bool is_active(handle_id h) const noexcept;
  /// Whether it keeps the loop alive. True from the start.
  void ref(handle_id h) noexcept;
  void unref(handle_id h) noexcept;
  bool has_ref(handle_id h) const noexcept;
  /// Keeps the loop alive until cleared: for who waits for a post.
  handle_id hold(site where = site::current());
  bool is_alive() const noexcept;
  /// "Why am I still alive?" Empty where `is_alive` is false, and only there.
  std::vector<holder> holders() const;

  // Looking at it, from its thread --------------------------------------------------------------
  /// Linear in what waits.
  loop_queues queues() const noexcept;
  /// The timers that are due next, the earliest first. Linear in the number of all timers.
  std::vector<armed_timer> next_timers(std::size_t at_most) const;
  /// The pool, or null: no work has come yet.
  blocking_pool* pool_if_any() const noexcept;

  // When something goes wrong -------------------------------------------------------------------
  /// Takes what callbacks throw; the loop goes on. What the hook throws ends `run`. Null: as
  /// before. Not from inside the hook itself; the same for the next one.
  void on_uncaught(unique_function<void(std::exception_ptr)> hook);
  /// As if a callback had just thrown it: for who catches in between. False where nobody took it:
  /// then it ends `run`, and whoever has more to call leaves it for the next one.
  bool report_uncaught(std::exception_ptr thrown) noexcept;
  /// Told how deep the ticks have become, each time `tick_depth_limit` is reached.
  void on_starvation(unique_function<void(std::uint32_t depth)> hook);

  // For the rooms above: jobs, timers and operations that live in somebody else's memory --------
  /// Behind all microtasks. Never allocates, like the next ones.
  void schedule(job& j) noexcept { ready_jobs().push(j); }
  /// The queue that `schedule` fills: that of the microtasks.
  job_queue& ready_jobs() noexcept;
  /// In the check phase that follows, behind the immediates: after a poll for I/O, and after all
  /// that is scheduled already.
  void schedule_after_io(job& j) noexcept { jobs_after_io().push(j); }
  job_queue& jobs_after_io() noexcept;
  void schedule_close(job& j) noexcept;
  /// What is left of `task_allowance`: counted down by who runs tasks here, below zero too, and
  /// set anew before each callback of a phase.
  int& allowance() noexcept;
  /// Once both intermediate queues are empty, before the next callback: for who judges what has
  /// become of all the ticks and microtasks together. Then both are emptied again.
  void schedule_when_drained(job& j) noexcept;
  /// Keeps the loop alive until it is due or disarmed; but not where it is due `never`. A due time
  /// that has passed counts as now. Throws std::bad_alloc.
  void arm(timer& t, instant due);
  /// False where it was not armed.
  bool disarm(timer& t) noexcept;

  /// Starts an operation. True where it has ended at once: `o.result` is set, and nobody will be
  /// called. Otherwise `o.run` is called in a later poll phase, and the loop lives until then.
  bool start(io::op& o) noexcept;
  /// Whether an operation keeps the loop alive. True from the start, where `o.unreferenced` has not
  /// been set before. From here on until its `run` is called, or before it is started.
  void ref(io::op& o) noexcept;
  void unref(io::op& o) noexcept;
  /// See io::backend::cancel.
  void cancel(io::op& o) noexcept;
  /// See io::backend::close.
  void close(int fd) noexcept;
  /// See io::backend::give_back.
  void give_back(std::uint16_t buffer) noexcept;
  io::backend& backend() noexcept;

  /// Any thread, where the loop is shared: while its own is busy with something else, takes out
  /// what is due or has ended, as far as its owner permits (`timer::may_be_lent`,
  /// `op::may_be_lent`), for the caller to run. The rest waits for the loop's own thread. Nothing
  /// where that thread is at it just now.
  void lend(job_queue& timers, job_queue& operations) noexcept;

  /// What was added with this key, or null.
  loop_companion* find_companion(const void* key) const noexcept;
  /// One a key. Lifetime: until its `loop_ends` has been called.
  void add_companion(loop_companion& c) noexcept;

  /// Queues `w` on the pool; the loop lives until it has ended. Throws as blocking_pool::submit.
  void submit(loop_work& w);
  /// True where `w` had not begun: nobody calls it any more. Otherwise it ends as ever.
  bool cancel(loop_work& w) noexcept;
  /// Lets go of work that has begun: true, and `forsaken` is called instead of `done`, maybe even
  /// before this returns. False where it has ended; then `done` is on its way.
  bool abandon(loop_work& w) noexcept;
  /// Abandons all work that was cancelled too late and has not ended, and names it. For whoever
  /// ends what waits for it.
  std::vector<work_report> abandon_cancelled_work();
  /// Whether any work is outstanding.
  bool has_work() const noexcept;
  /// That of the options.
  duration shutdown_limit() const noexcept;
  /// Where who runs tasks here says which of them runs, and who knows about them.
  watchdog::beat& beat() noexcept;
  /// Where this loop's thread records what happens, or null. For this thread alone.
  probe::track* track() const noexcept;

  struct state;  // src/loop/state.hpp
  struct node;

 private:
  node* find(handle_id h) const noexcept;
  handle_id id_of(node& n) const noexcept;

  owned<state> state_;
};

}  // namespace rondo

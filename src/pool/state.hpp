#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include <rondo/base/intrusive_list.hpp>
#include <rondo/os/thread.hpp>
#include <rondo/pool/blocking_pool.hpp>
#include <rondo/probe/recorder.hpp>

namespace rondo {

/// A copy of a name: what is reported of a running job must not depend on the job's memory, which
/// its owner may take back as soon as the work is done.
class short_name {
 public:
  void set(std::string_view text) noexcept {
    size_ = std::min(text.size(), sizeof text_);
    text.copy(text_, size_);
  }
  std::string_view view() const noexcept { return {text_, size_}; }

 private:
  char text_[63];
  std::size_t size_ = 0;
};

/// One thread of the pool, and what it does. Everything but `thread` and `wake` is guarded by the
/// pool's mutex. Destroyed by whoever joins the thread; by the thread itself where it was detached.
struct blocking_pool::worker : list_hook<> {
  explicit worker(blocking_pool::state& pool) noexcept : home(&pool) {}

  blocking_pool::state* home;
  os::thread thread;
  std::condition_variable wake;   // one each, so that it is said who sleeps longest: see `idle`
  bool woken = false;             // told to look for work; only then does `wake` mean anything
  bool busy = false;              // between taking a job and having performed it
  bool detached = false;          // belongs to nobody but itself
  probe::track* track = nullptr;  // its thread's own, and the recorder's as long as not detached

  // What it performs, while busy.
  work_kind kind = work_kind::other;
  short_name name;
  std::source_location where;
  instant since;
};

/// Everything that a pool is. All members are guarded by `mutex`.
///
/// A thread is busy, looking or idle. Looking ones are awake and will ask for work before they
/// sleep. Where work waits somebody is always looking, as far as threads can be had: whoever
/// submits calls one where none is, and one that has taken a job and leaves others behind calls the
/// next before it begins. So threads come one by one, only as fast as jobs outlast that, and short
/// jobs are not fought over. And as threads are called only for jobs that may run, they never
/// outnumber the limits.
struct blocking_pool::state {
  explicit state(const pool_options& chosen) noexcept;

  // submitting
  int runnable() const noexcept;
  void call_somebody();
  void start_thread();

  // a thread's life
  static void* thread_body(void* argument) noexcept;
  void serve(worker& me) noexcept;
  static void record_begin(const worker& me, const blocking_job& j) noexcept;
  void call_for_help(std::unique_lock<std::mutex>& lock) noexcept;
  blocking_job* take(worker& me) noexcept;
  void leave(worker& me) noexcept;
  bool park(worker& me, std::unique_lock<std::mutex>& lock) noexcept;
  void retire(worker& me, std::unique_lock<std::mutex>& lock) noexcept;
  void let_go(std::unique_lock<std::mutex>& lock) noexcept;

  // looking
  static work_report report_of(const worker& w);
  static work_report report_of(const blocking_job& j);

  // ending
  void drop_queued(std::unique_lock<std::mutex>& lock) noexcept;
  void await_threads(std::unique_lock<std::mutex>& lock, duration limit) noexcept;
  bool only_busy_threads() noexcept;

  std::mutex mutex;
  const pool_options options;
  int limits[work_kinds];

  intrusive_list<blocking_job, blocking_job> queues[work_kinds];
  std::size_t next_kind = 0;  // where `take` begins to ask, so that kinds take turns

  intrusive_list<worker> workers;  // that live, but for detached ones
  std::vector<worker*> idle;       // the one that sleeps longest first, which is woken last
  worker* ended = nullptr;         // has left, and waits to be joined by the next who leaves
  int looking = 0;
  int holders = 1;  // the pool object and every thread: the last one destroys this
  std::uint64_t started = 0;

  bool stopping = false;
  std::condition_variable changed;  // while stopping: a thread has left, or is not busy any more

  pool_counts counts;
};

}  // namespace rondo

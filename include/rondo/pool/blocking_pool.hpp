#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <rondo/base/time.hpp>
#include <rondo/pool/blocking_job.hpp>

namespace rondo {

namespace probe {
class recorder;
}

/// What a pool is made with. All have defaults.
struct pool_options {
  pool_options() noexcept = default;

  /// How many jobs of a kind may run at once. At least 1. Together they are also the most threads
  /// that the pool will have, and that only where all kinds are busy at once.
  int files = 8;
  int names = 4;
  int other = 32;
  int cpu = 0;  ///< 0: as many as there are processors

  /// A thread without work ends after this time.
  duration keep_alive = duration::seconds(10);
  /// 0: what the system gives.
  std::size_t stack_bytes = 0;
  /// How long the destructor waits for jobs that run: see `shutdown`.
  duration shutdown_limit = duration::seconds(5);
  /// Who keeps the last that the threads have done; outlives them. None: nobody.
  probe::recorder* recorder = nullptr;
};

/// One job, as it was at some instant.
struct work_report {
  std::string name;
  work_kind kind = work_kind::other;
  std::source_location where;
  /// Since when it runs, or waits for a thread, on `real_clock()`, to some milliseconds.
  instant since;
  bool running = false;
};

/// "names job 'resolve example.com' (main.cpp:12) runs since 5.0 s".
std::string to_string(const work_report& job);
/// All of them, separated by "; ".
std::string to_string(const std::vector<work_report>& jobs);

/// How much work of one kind there is, and was.
struct work_counts {
  int queued = 0;
  int running = 0;
  int most_running = 0;  ///< the most that ever ran at once
  std::uint64_t completed = 0;
};

/// What a pool does just now.
struct pool_counts {
  const work_counts& of(work_kind kind) const noexcept {
    return kinds[static_cast<std::size_t>(kind)];
  }

  work_counts kinds[work_kinds];  ///< by `work_kind`
  int threads = 0;
  int idle_threads = 0;
  int most_threads = 0;
  std::uint64_t failed_starts = 0;  ///< the system had no room for another thread
};

/// Threads for what the kernel can't wait for: files, getaddrinfo, libraries that block,
/// computations. A thread is started when there is work and none is free, and ends when it has had
/// none for a while; a pool that is never used has none. Within a kind jobs run in the order of
/// their submission, and kinds take turns.
///
/// Thread: any, but `shutdown` and the destructor are one thread's, after which nobody submits.
/// A pool may serve several loops; it outlives them.
class blocking_pool {
 public:
  explicit blocking_pool(const pool_options& options = {});
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;
  /// As `shutdown` with the limit of the options.
  ~blocking_pool();

  /// Queues `j`. Throws `error`, and has not queued it, where the pool has been shut down, or where
  /// it has no thread and the system won't give it one. Where it has threads but can't have more,
  /// these do the work.
  void submit(blocking_job& j);

  /// Takes a job back that has not begun: true, and nobody will call it. False where it runs, or
  /// has run; then `j` must be in place still. Constant time.
  bool cancel(blocking_job& j) noexcept;

  /// Drops what is queued (see `blocking_job::ended`), waits for what runs, for at most `limit`,
  /// and joins the threads. Names the jobs that run even then: their threads are left to
  /// themselves, and end with them without touching this object. Whatever such a job uses must
  /// outlive it. Once.
  std::vector<work_report> shutdown(duration limit);

  /// What became of `j` by now. `j` must be in place still.
  work_report describe(const blocking_job& j) const;
  /// What runs, the longest first, then what is queued, in the order of its turn within its kind.
  std::vector<work_report> snapshot() const;
  pool_counts counts() const noexcept;

 private:
  struct worker;
  struct state;

  state* state_;  // shared with the threads: the last one that lets go destroys it
};

}  // namespace rondo

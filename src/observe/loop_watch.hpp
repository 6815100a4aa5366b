#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rondo/async/loop_executor.hpp>
#include <rondo/loop/loop_delay.hpp>
#include <rondo/observe/inspect.hpp>
#include <rondo/runtime/runtime.hpp>

#include "observe/census.hpp"
#include "observe/loops_together.hpp"

namespace rondo::observe {

/// What only the thread of a loop knows of it.
struct loop_facts {
  instant when;
  std::string thread;
  loop_metrics metrics;
  loop_queues queues;
  std::vector<handle_view> handles;
  std::uint64_t handle_count = 0;
  blocking_pool* pool = nullptr;
};

/// One loop that is looked at: measured from its own thread, and asked from any. Shared by who
/// looks, the loop while it lives, and questions that are on their way.
///
/// A loop that hangs may be looked at before it knows; one that ends stays as it was seen last.
class loop_watch : public std::enable_shared_from_this<loop_watch> {
 public:
  /// Any thread. `index`: by which its tasks know it.
  loop_watch(const loop& of, census& people, int index, const inspect_options& options);
  loop_watch(const loop_watch&) = delete;

  int index() const noexcept { return index_; }

  /// On the loop's thread: measures it from here on, and takes in its tasks. Nothing where that was
  /// done, or `leave` was called. Throws std::bad_alloc.
  void begin(const loop_here& here);
  /// Any thread: that ends, when the loop comes to it.
  void leave() noexcept;
  /// On the loop's thread, at its end: what is known stays.
  void loop_ends() noexcept;

  /// Whether it is, or is to be, the one of this loop. Any thread, like what follows.
  bool is_of(const loop& l) const noexcept;
  /// Null before it has begun.
  const char* backend() const noexcept;
  /// Asks the loop, where it is not asked already. On its own thread it has answered at once.
  void ask();
  /// What it has answered since, or else what it had answered before.
  struct answer {
    worker_view view;
    std::vector<handle_view> handles;
    duration unanswered;  // since when it is asked in vain; 0: it has answered
  };
  answer take(instant until);
  /// `f(pool)` where the loop has one, which does not go meanwhile.
  template <class F>
  void with_pool(F f) {
    const std::lock_guard hold(mutex_);
    if (stage_ == stage::here && facts_.pool != nullptr) f(*facts_.pool);
  }

 private:
  enum class stage : std::uint8_t {
    coming,  // the loop has not heard of it
    here,
    left,
    ended,  // the loop has
  };

  // The loop's thread
  loop_facts gather() const;
  void answer_now();
  void end() noexcept;

  worker_view view_now() const;

  const int index_;
  const std::size_t most_listed_;
  census* const people_;

  mutable std::mutex mutex_;  // guards what follows; the loop does not end while it is held
  std::condition_variable answered_;
  const loop* of_;  // only compared until `begin`
  stage stage_ = stage::coming;
  instant asked_;
  bool is_asked_ = true;  // to begin
  bool was_asleep_ = false;
  loop_facts facts_;
  owned<loop_delay> delay_;
  worker_view last_;  // of a loop that has ended

  // Set by `begin`, and read by others only after it.
  loop* on_ = nullptr;
  const void* thread_ = nullptr;
  loop_executor* runs_ = nullptr;
  runtime* scheduler_ = nullptr;
  int worker_ = 0;  // of the scheduler's
  const char* backend_ = nullptr;
  loop_metrics before_;  // others may have measured the loop already
};

}  // namespace rondo::observe

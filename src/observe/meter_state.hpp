#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rondo/async/loop_executor.hpp>
#include <rondo/loop/companion.hpp>
#include <rondo/loop/loop_delay.hpp>
#include <rondo/observe/metrics.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/line_watcher.hpp>

#include "observe/loops_together.hpp"

namespace rondo::observe {

/// Counts the lines of one executor, and passes on what it is told. Any thread.
class line_tally final : public line_watcher {
 public:
  explicit line_tally(line_watcher* also) noexcept : also_(also) {}

  void note(line_event what, const task_context& line) noexcept override;
  void holds(const void* on, const char* what, const task_context* line) noexcept override {
    if (also_ != nullptr) also_->holds(on, what, line);
  }
  void lets_go(const void* on) noexcept override {
    if (also_ != nullptr) also_->lets_go(on);
  }

  /// One that was there before.
  void adopt() noexcept { add(spawned_); }
  task_metrics read() const noexcept;

 private:
  using count = std::atomic<std::uint64_t>;
  static void add(count& to) noexcept { to.fetch_add(1, std::memory_order_relaxed); }

  line_watcher* const also_;
  count spawned_{0}, ended_{0}, polls_{0};
};

/// A loop that is measured. Shared by the meter, which reads it, and the loop, with which it ends:
/// an executor may call the tally as long as its loop lives.
class loop_gauge final : public loop_companion {
 public:
  /// On the loop's thread. `index`: what it is called.
  static std::shared_ptr<loop_gauge> attach(const loop_here& here, int index,
                                            const meter_options& options);
  loop_gauge(const loop_here& here, int index, const meter_options& options);

  /// Any thread.
  bool is_of(const loop& l) const noexcept;
  measured_loop read() const;
  /// Any thread: the pool, as the loop has said; and asks it to say it anew.
  blocking_pool* pool() noexcept;
  std::optional<std::uint64_t> common_queue_depth() const noexcept;
  /// Any thread: it is measured no more, when it comes to it.
  void let_go() noexcept;

 private:
  bool discard(job&) noexcept override { return false; }
  void loop_ends() noexcept override;
  measured_loop read_living() const;
  void stop() noexcept;
  void note_pool() noexcept;

  loop_executor* const runs_;
  const int index_;
  const int worker_;  // of the runtime's
  line_tally tally_;

  mutable std::mutex mutex_;  // guards what follows; the loop does not end while it is held
  loop* on_;                  // null: has ended
  runtime* runtime_;
  owned<loop_delay> delay_;  // empty: let go
  measured_loop last_;       // when it was measured last
  blocking_pool* pool_ = nullptr;
  std::shared_ptr<loop_gauge> self_;  // the loop's share
};

/// The loops of a meter. Shared with those that are still to come, because they hang.
class measured_loops {
 public:
  explicit measured_loops(meter_options options) noexcept : options_(options) {}

  // Any thread
  /// A place for each of them that has none yet. Throws std::bad_alloc.
  void expect(const loops_together& all);
  /// No more from here on; those that are there are measured no longer, when they come to it.
  void let_go() noexcept;
  /// `f(gauge)` for each that has come.
  template <class F>
  void for_each(F f) const {
    const std::lock_guard hold(mutex_);
    for (const place& each : places_) {
      if (each.gauge) f(*each.gauge);
    }
  }

  /// On a loop's thread: it has come. Throws std::bad_alloc.
  void take_in(const loop_here& here);

 private:
  struct place {
    const loop* of = nullptr;  // while there is no gauge; only compared
    int index = 0;
    std::shared_ptr<loop_gauge> gauge;

    bool is_of(const loop& l) const noexcept { return gauge ? gauge->is_of(l) : of == &l; }
  };

  const meter_options options_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<place> places_;
  bool is_open_ = true;
};

struct meter::state {
  explicit state(meter_options options) : loops(std::make_shared<measured_loops>(options)) {}

  const std::shared_ptr<measured_loops> loops;
  mutable std::mutex mutex;  // guards what follows
  struct named_server {
    explicit named_server(std::string_view called) : name(called) {}
    std::string name;
    http::server_counters counters;
  };
  std::deque<named_server> servers;
};

}  // namespace rondo::observe

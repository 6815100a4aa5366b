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
  /// On the loop's thread. `r` is the runtime whose worker `index` it is, or null.
  static std::shared_ptr<loop_gauge> attach(loop_executor& runs, runtime* r, int index,
                                            const meter_options& options);
  explicit loop_gauge(loop_executor& runs, runtime* r, int index, const meter_options& options);

  /// Any thread.
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
  line_tally tally_;

  mutable std::mutex mutex_;  // guards what follows; the loop does not end while it is held
  loop* on_;                  // null: has ended
  runtime* runtime_;
  owned<loop_delay> delay_;  // empty: let go
  measured_loop last_;       // when it was measured last
  blocking_pool* pool_ = nullptr;
  std::shared_ptr<loop_gauge> self_;  // the loop's share
};

struct meter::state {
  meter_options options;
  mutable std::mutex mutex;  // guards what follows
  std::vector<std::shared_ptr<loop_gauge>> loops;
  struct named_server {
    explicit named_server(std::string_view called) : name(called) {}
    std::string name;
    http::server_counters counters;
  };
  std::deque<named_server> servers;
};

}  // namespace rondo::observe

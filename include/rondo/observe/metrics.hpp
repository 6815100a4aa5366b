#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/base/time.hpp>
#include <rondo/http/exchange.hpp>
#include <rondo/http/server_counters.hpp>
#include <rondo/loop/loop_metrics.hpp>
#include <rondo/os/process_usage.hpp>
#include <rondo/pool/blocking_pool.hpp>
#include <rondo/runtime/worker_metrics.hpp>
#include <rondo/task/task.hpp>

namespace rondo::observe {

/// How late a loop was (see `loop_delay`), in buckets.
struct delay_metrics {
  static constexpr int bounds = 16;
  /// What a value of bucket `i` does not exceed, in seconds. The last bucket has no bound.
  static constexpr std::array<double, bounds> bound = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
      0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};

  std::array<std::uint64_t, bounds + 1> counts = {};  ///< of each bucket alone
  double sum_seconds = 0;
  std::uint64_t count() const noexcept {
    std::uint64_t all = 0;
    for (const std::uint64_t each : counts) all += each;
    return all;
  }
};

/// Lines of execution, counted since their loop is measured; those that were there then are among
/// the spawned.
struct task_metrics {
  std::uint64_t spawned = 0;
  std::uint64_t ended = 0;
  std::uint64_t polls = 0;  ///< times that one was resumed

  std::uint64_t alive() const noexcept { return spawned > ended ? spawned - ended : 0; }
};

/// One loop that is measured.
struct measured_loop {
  int index = 0;  ///< of the worker, or the shard, or in the order of `attach`
  bool is_worker = false;
  std::string backend;
  loop_metrics loop;
  delay_metrics delay;
  task_metrics tasks;     ///< that were begun, resumed and ended here
  worker_metrics worker;  ///< of a worker of a runtime; the runtime has counted since it began
};

/// What one of `meter::server` has counted.
struct measured_server {
  std::string name;
  std::uint64_t requests = 0;
  std::uint64_t accepted = 0;  ///< connections
  std::int64_t open = 0;       ///< connections
};

/// The figures of a program. A value. Each was read by itself, while the program went on.
struct metrics {
  os::process_usage process;
  std::vector<measured_loop> loops;
  std::optional<std::uint64_t> common_queue_depth;  ///< of a runtime's workers
  std::vector<pool_counts> pools;
  std::vector<measured_server> servers;

  /// Of all loops.
  task_metrics tasks() const noexcept;
};

/// The same as text for Prometheus (exposition format 0.0.4), by its conventions for names: base
/// units, `_total` for what only grows, a label `worker` for the loop.
std::string to_prometheus(const metrics& m);
/// Its media type.
inline constexpr std::string_view prometheus_media_type =
    "text/plain; version=0.0.4; charset=utf-8";

/// How loops are measured. All have defaults.
struct meter_options {
  meter_options() noexcept = default;

  /// How often each loop is asked how late it is; at least 1 ms.
  duration delay_resolution = duration::milliseconds(20);
};

/// Measures loops, and can be asked from any thread, also while they are stuck: it waits for none
/// of them. Costs two readings of the clock a callback and a wait, and some nanoseconds each time
/// that a task is begun, resumed or ended.
///
/// Thread: any. It may end before the loops (which then are measured no more) or after them (and
/// keeps their last figures).
class meter {
 public:
  explicit meter(meter_options options = {});
  meter(const meter&) = delete;
  ~meter();

  /// From here on the loop of the calling task is measured, and those that belong together with it:
  /// all workers of its runtime, all shards of its `run`. Nothing where they are already. A loop
  /// that hangs for a second is not waited for: it is measured when it comes back. Throws
  /// std::bad_alloc. Lifetime: this outlives the call.
  task<> attach();

  /// What an HTTP server is to count in (`http::server_options::counters`): the same for the same
  /// name. Lives as long as this. Throws std::bad_alloc.
  http::server_counters& server(std::string_view name);

  metrics read() const;

  struct state;  // src/observe/meter_state.hpp

 private:
  owned<state> state_;
};

/// Answers `/metrics` with what a meter has measured, as text for Prometheus, and passes everything
/// else on. Who may ask is up to you: the text tells a stranger how the program is doing.
class metrics_page final : public http::handler {
 public:
  /// `rest` may be null: then all other paths are 404. Both outlive this.
  explicit metrics_page(const meter& shows, http::handler* rest = nullptr) noexcept
      : shows_(&shows), rest_(rest) {}

  http::handling handle(http::exchange& x) override;

 private:
  const meter* shows_;
  http::handler* rest_;
};

}  // namespace rondo::observe

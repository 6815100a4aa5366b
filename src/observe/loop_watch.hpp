#pragma once

#include <memory>
#include <vector>

#include <rondo/async/loop_executor.hpp>
#include <rondo/loop/loop_delay.hpp>
#include <rondo/observe/inspect.hpp>
#include <rondo/runtime/runtime.hpp>

namespace rondo::observe {

/// What only the thread of a loop knows of it.
struct loop_facts {
  instant when;  // 0: it has never answered
  loop_metrics metrics;
  loop_queues queues;
  std::vector<handle_view> handles;
  std::uint64_t handle_count = 0;
  blocking_pool* pool = nullptr;
};

/// One loop that is looked at: measured from its own thread, and asked from any.
class loop_watch {
 public:
  /// On the loop's thread. `r` is the runtime whose worker it is, or null. Throws std::bad_alloc.
  loop_watch(loop_executor& runs, runtime* r, int index, const inspect_options& options);
  loop_watch(const loop_watch&) = delete;
  /// From any thread of the runtime, while the loop lives.
  ~loop_watch();

  loop_executor& runs() const noexcept { return *runs_; }
  int index() const noexcept { return index_; }
  const char* backend() const noexcept;

  /// Asks the loop, where it is not asked already. On its own thread it has answered at once.
  void ask();
  /// What it has answered since, or else what it had answered before.
  struct answer {
    worker_view view;
    std::vector<handle_view> handles;
    blocking_pool* pool = nullptr;
    duration unanswered;  // since when it is asked in vain; 0: it has answered
  };
  answer take(instant until);

 private:
  struct shared;  // with the questions that are on their way

  loop_executor* runs_;
  runtime* runtime_;
  int index_;
  std::shared_ptr<shared> shared_;
  bool was_asleep_ = false;
};

}  // namespace rondo::observe

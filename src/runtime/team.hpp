#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <vector>

#include <rondo/os/thread.hpp>
#include <rondo/runtime/loop_group.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/crew.hpp>

#include "runtime/idle_workers.hpp"
#include "runtime/worker.hpp"

namespace rondo {

/// The workers of one runtime, and what they share.
struct runtime::state final : crew, loop_group {
  state(runtime& of, const runtime_options& given);
  ~state() override;

  int size() const noexcept override { return options.workers; }
  executor& member(int index) noexcept override { return workers[index]->executor(); }
  executor* mine() noexcept override;
  int my_index() const noexcept override;
  executor& next_home() noexcept override;
  void scope_begins(detail::parallel_core& scope) noexcept override;
  void scope_ends(detail::parallel_core& scope) noexcept override;

  int loops() const noexcept override { return options.workers; }
  loop& loop_at(int index) noexcept override { return workers[index]->own_loop(); }
  loop_executor* executor_here(int index) noexcept override { return &workers[index]->executor(); }
  void for_each_line_here(int index, void (*f)(void* with, const task_context& line),
                          void* with) override;
  runtime* scheduler() noexcept override { return self; }

  /// On a worker: the tasks that are on it just now, as text.
  std::string tasks_here(const worker& here);

  /// Any thread: a line for whoever is free.
  void inject(job& line) noexcept;
  /// After a push: wakes one worker where that is needed.
  void wake_for_queue() noexcept { wake(idle.worker_to_wake()); }
  void wake_for_slot() noexcept { wake(idle.watcher_to_wake()); }
  void wake(int index) noexcept {
    if (index >= 0) workers[index]->wake();
  }

  /// What left the loop of a worker.
  void report(std::exception_ptr thrown) noexcept;
  /// Work that a worker has given up on.
  void report_hung(std::vector<work_report> hung);
  /// On one of the threads that it starts.
  void work(int index) noexcept;

  runtime* self;
  runtime_options options;
  owned<blocking_pool> own_pool;
  injection_queue common;
  idle_workers idle;
  // How many streams have been given a home. Relaxed: it only deals them out.
  std::atomic<unsigned> homes_given{0};
  detail::main_line* line = nullptr;

  std::mutex scopes_mutex;  // guards the next; while it is held none of them goes
  intrusive_list<detail::parallel_core, detail::parallel_core> scopes;

  std::vector<worker*> workers;  // 0 is made, and destroyed, by the thread that made this

 private:
  struct start {
    state* team = nullptr;
    int index = 0;
    os::thread thread;
  };

  void stop() noexcept;

  std::vector<owned<start>> threads_;
  std::mutex mutex_;  // guards the next two
  std::condition_variable changed_;
  int ready_ = 0;
  std::exception_ptr failure_;
  bool all_are_ready_ = false;  // or never will be; guarded by mutex_
};

}  // namespace rondo

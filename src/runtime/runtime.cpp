// A runtime of several workers: made, asked, and ended. The calling thread is worker 0; the others
// begin before `run` does, and end behind it.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include <rondo/base/error.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/task/async_stack.hpp>
#include <rondo/task/shield.hpp>

#include "runtime/team.hpp"

namespace rondo {

// The workers ---------------------------------------------------------------------------------

runtime::state::state(runtime& of, const runtime_options& given)
    : self(&of), options(given), idle(given.workers), workers(given.workers) {
  if (options.pool == nullptr) {
    pool_options chosen;
    chosen.recorder = options.recorder;
    chosen.shutdown_limit = duration();  // by then the loops have waited for their work
    own_pool = make_owned<blocking_pool>(chosen);
    options.pool = own_pool.get();
  }
  owned<worker> first = make_owned<worker>(*this, 0);
  workers[0] = first.get();
  ready_ = 1;
  int failed = 0;
  for (int i = 1; i < options.workers && failed == 0; ++i) {
    owned<start>& each = threads_.emplace_back(make_owned<start>());
    each->team = this;
    each->index = i;
    const std::string name = "rondo-" + std::to_string(i);
    failed = each->thread.start(
        [](void* argument) noexcept -> void* {
          auto& begun = *static_cast<start*>(argument);
          begun.team->work(begun.index);
          return nullptr;
        },
        each.get(), os::thread_options(name.c_str()));
    if (failed != 0) threads_.pop_back();
  }
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready_ == static_cast<int>(threads_.size()) + 1; });
    if (failed != 0 && !failure_) {
      failure_ = std::make_exception_ptr(os::make_error(failed, "start a worker", "of a runtime"));
    }
    all_are_ready_ = true;
  }
  changed_.notify_all();
  static_cast<void>(first.release());
  if (!failure_) return;
  stop();
  std::rethrow_exception(failure_);
}

runtime::state::~state() {
  if (workers[0] != nullptr) stop();
}

void runtime::state::stop() noexcept {
  if (!failure_) {
    for (std::size_t i = 1; i < workers.size(); ++i) workers[i]->stop();
  }
  for (const owned<start>& each : threads_) each->thread.join();
  delete workers[0];  // which is still asked for its figures when its loop ends
  workers[0] = nullptr;
}

/// Nobody looks at another worker before all are there, and none goes before all have stopped:
/// until then a wake may come.
void runtime::state::work(int index) noexcept {
  owned<worker> mine;
  std::exception_ptr failure;
  try {
    mine = make_owned<worker>(*this, index);
  } catch (...) {
    failure = std::current_exception();
  }
  {
    std::unique_lock lock(mutex_);
    workers[static_cast<std::size_t>(index)] = mine.get();
    if (failure && !failure_) failure_ = failure;
    ++ready_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return all_are_ready_; });
    if (failure_) {
      workers[static_cast<std::size_t>(index)] = nullptr;
      return;
    }
  }
  mine->run();
  std::unique_lock lock(mutex_);
  --ready_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return ready_ == 1; });  // the first one is the caller of `stop`
}

executor* runtime::state::mine() noexcept {
  worker* const here = worker::current();
  return here != nullptr && &here->team() == this ? &here->executor() : nullptr;
}

int runtime::state::my_index() const noexcept {
  const worker* const here = worker::current();
  return here != nullptr && &here->team() == this ? here->index() : -1;
}

executor& runtime::state::next_home() noexcept {
  const unsigned given = homes_given.fetch_add(1, std::memory_order_relaxed);
  return workers[given % workers.size()]->executor();
}

void runtime::state::scope_begins(detail::parallel_core& scope) noexcept {
  const std::lock_guard hold(scopes_mutex);
  scopes.push_back(scope);
}
void runtime::state::scope_ends(detail::parallel_core& scope) noexcept {
  const std::lock_guard hold(scopes_mutex);
  static_cast<list_hook<detail::parallel_core>&>(scope).unlink();
}

void runtime::state::for_each_line_here(int index, void (*f)(void* with, const task_context& line),
                                        void* with) {
  if (index == 0) f(with, *line);
  const std::lock_guard hold(scopes_mutex);
  scopes.for_each([&](detail::parallel_core& scope) { scope.for_each_here(f, with); });
}

std::string runtime::state::tasks_here(const worker& here) {
  std::string text = "worker " + std::to_string(here.index()) + '\n';
  if (here.index() == 0) text += rondo::task_tree(*line);
  const std::lock_guard hold(scopes_mutex);
  scopes.for_each([&](detail::parallel_core& scope) { text += rondo::task_tree(scope); });
  return text;
}

void runtime::state::inject(job& line_that_moves) noexcept {
  common.push(line_that_moves);
  wake_for_queue();
}

void runtime::state::report(std::exception_ptr thrown) noexcept {
  // As if a callback of the first worker's loop had thrown it: `run` knows what to do with that.
  try {
    workers[0]->own_loop().post([thrown = std::move(thrown)] { std::rethrow_exception(thrown); });
  } catch (const std::bad_alloc&) {
    std::terminate();  // a failure that nobody would hear of
  }
}

void runtime::state::report_hung(std::vector<work_report> hung) {
  workers[0]->own_loop().post(
      [this, hung = std::move(hung)]() mutable { line->give_up_on(std::move(hung)); });
}

// The runtime ---------------------------------------------------------------------------------

runtime::runtime(const runtime_options& options) : state_(new state(*this, options)) {}
runtime::~runtime() = default;

int runtime::workers() const noexcept {
  return state_->size();
}
worker_metrics runtime::metrics(int index) const noexcept {
  RONDO_ASSERT(index >= 0 && index < workers(), index, workers());
  return state_->workers[static_cast<std::size_t>(index)]->metrics();
}
std::uint64_t runtime::common_queue_depth() const noexcept {
  return state_->common.size();
}
int runtime::this_worker() const noexcept {
  return state_->my_index();
}

loop_executor& runtime::first_worker() noexcept {
  return state_->workers[0]->executor();
}
void runtime::reports_to(detail::main_line& line) noexcept {
  state_->line = &line;
}
task<std::string> runtime::task_tree() {
  std::vector<std::string> told(state_->workers.size());
  latch missing(static_cast<int>(told.size()));
  for (worker* const each : state_->workers) {
    each->own_loop().post([this, each, &told, &missing] {
      told[static_cast<std::size_t>(each->index())] = state_->tasks_here(*each);
      missing.count_down();
    });
  }
  // What was posted refers to this frame.
  auto all_have = [&]() -> task<> { co_await missing.wait(); };
  co_await shield(all_have);
  std::string all;
  for (const std::string& each : told) all += each;
  co_return all;
}

void runtime::set_root(parallel_scope* root) noexcept {
  for (worker* const each : state_->workers) each->executor().set_parallel_root(root);
}

runtime* this_runtime::of(const executor& runs_here) noexcept {
  crew* const team = runs_here.member_of();
  return team != nullptr ? static_cast<runtime::state*>(team)->self : nullptr;
}

// Options ---------------------------------------------------------------------------------------

runtime_options current_thread() noexcept {
  return {};
}

runtime_options multi_thread(int workers) noexcept {
  runtime_options options;
  const char* const asked = workers > 0 ? nullptr : std::getenv("RONDO_WORKERS");
  if (asked != nullptr) workers = std::atoi(asked);  // what is no number counts as unset
  options.workers = workers > 0 ? std::min(workers, idle_workers::most_workers) : os::processors();
  return options;
}

loop_options detail::options_of_loop(const runtime_options& options) {
  loop_options one;
  one.pool = options.pool;
  one.shutdown_limit = options.shutdown_limit;
  one.task_allowance = options.task_allowance;
  one.stall_limit = options.stall_limit;
  one.recorder = options.recorder;
  if (options.backend != io::backend_kind::automatic) {
    auto made = io::make_backend(options.backend);
    if (!made) throw std::move(made).error();
    one.backend = std::move(*made);
  }
  return one;
}

}  // namespace rondo

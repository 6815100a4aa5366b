// To be on the thread of each of several loops once, and not to wait for those that hang.
#include "observe/loops_together.hpp"

#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include <rondo/async/timeout.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/task/this_task.hpp>

namespace rondo::observe {

namespace {

/// Kept by whoever is to make one of them, however late.
struct visits {
  visits(unique_function<void(const loop_here&)> f, int to_others)
      : call(std::move(f)), missing(to_others) {}

  void make_one(loop_group& group, int index) noexcept {
    try {
      loop_executor* const runs = group.executor_here(index);
      if (runs != nullptr) call({runs, &group, index});
    } catch (...) {
      const std::lock_guard hold(mutex);
      if (!failure) failure = std::current_exception();
    }
    missing.count_down();
  }

  unique_function<void(const loop_here&)> call;
  latch missing;
  std::mutex mutex;  // guards what follows
  std::exception_ptr failure;
};

}  // namespace

loops_together::loops_together(const task_context& line) noexcept : own_(&loop_of(line)) {
  const loop_group::member* const place = loop_group::member_at(*own_);
  group_ = place != nullptr ? place->group : nullptr;
}

task<> loops_together::visit(unique_function<void(const loop_here&)> f, duration patience) const {
  const task_context& line = co_await this_task();
  if (group_ == nullptr) {
    f({&executor_of(line), nullptr, 0});
    co_return;
  }
  const int mine = loop_group::member_at(loop_of(line))->index;  // a line may have moved
  const auto all = std::make_shared<visits>(std::move(f), size() - 1);
  for (int i = 0; i < size(); ++i) {
    if (i == mine) continue;
    at(i).post([all, group = group_, i] { all->make_one(*group, i); });
  }
  all->call({&executor_of(line), group_, mine});
  auto wait = [all]() -> task<> { co_await all->missing.wait(); };
  co_await within(patience, wait);
  const std::lock_guard hold(all->mutex);
  if (all->failure) std::rethrow_exception(all->failure);
}

}  // namespace rondo::observe

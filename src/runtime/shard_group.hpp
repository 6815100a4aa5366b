#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <vector>

#include <rondo/os/thread.hpp>
#include <rondo/runtime/loop_group.hpp>
#include <rondo/runtime/sharded.hpp>
#include <rondo/sync/event.hpp>

namespace rondo::detail {

/// All shards of one `run`, and what they have in common. In the frame of `run_sharded`.
///
/// A shard may be called until nobody is left who could call it, so all end together, in two
/// phases: first every `main` has ended, with what it has spawned; then what was posted, which may
/// call others, too. Only then loops go. In between each shard still answers the others.
struct shard_group final : loop_group {
  shard_group(sharded given, shard_main what, std::source_location made_at);

  /// Runs all of them, the first in this thread. Then what has failed is in `failures`.
  void run_all();

  // Any thread
  void cancel(label reason, std::source_location where) noexcept;
  bool is_cancelled() const noexcept { return cancelled.load(std::memory_order_acquire); }
  void keep(std::exception_ptr failure) noexcept;
  /// Keeps it, and cancels all.
  void fail(std::exception_ptr failure) noexcept;
  /// Keeps it, before all have begun: now none will.
  void give_up(std::exception_ptr failure) noexcept;
  once_cell<socket_address>& address(int number);
  /// Blocks until the threads of all shards are there. False where one could not begin.
  bool wait_for_all(int round) noexcept;

  // For who looks at all of them
  int loops() const noexcept override { return how.count; }
  loop& loop_at(int index) noexcept override { return *shards[at(index)]->loop_; }
  loop_executor* executor_here(int index) noexcept override { return running[at(index)].runs; }
  void for_each_line_here(int index, void (*f)(void* with, const task_context& line),
                          void* with) override;

  // Each shard's thread
  void run_shard(shard& me) noexcept;
  loop_options options_of_loop(const char* recorded_as) const;
  task<> main_of(shard& me);
  task<> call_main(shard& me, scope& serving);
  task<> end_phase(shard& me);
  void arrive(shard& me) noexcept;
  void come_to_the_end(shard& me) noexcept;
  static task<> reporting(shard_group& group, unique_function<task<>()> f);

  const sharded how;
  const shard_main main;
  const std::source_location where;
  std::vector<owned<shard>> shards;
  /// What each shard's `run` has, while there is one. That thread's.
  struct run_of_shard {
    loop_executor* runs = nullptr;
    const task_context* outermost = nullptr;
  };
  std::vector<run_of_shard> running;

  static constexpr int phases = 2;
  std::atomic<int> still_in[phases];  // shards that have not come to the end of the phase
  event over[phases];

  // Set once, by `cancel`, under the lock. Its release pairs with the acquire of who looks:
  // `reason` stands.
  std::atomic<bool> cancelled{false};
  label reason;
  std::source_location cancelled_where;

  std::mutex lock;  // guards what follows
  std::condition_variable everybody_is_there;
  int arrived = 0;  // threads, all rounds together
  bool cannot_begin = false;
  failure_list failures;
  std::deque<once_cell<socket_address>> addresses;

 private:
  static std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }
};

}  // namespace rondo::detail

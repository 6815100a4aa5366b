// Asio's rows of many cores: one io_context that --workers threads run, with tasks as coroutines.
#include "coroutines.hpp"

#include <atomic>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include <asio/experimental/concurrent_channel.hpp>

#include "../common/bench.h"

using channel = asio::experimental::concurrent_channel<executor, void(asio::error_code, long)>;

static void spawn(executor where, coroutine<void> task) {
  asio::co_spawn(where, std::move(task), asio::detached);
}

/// Counts down, and at the end tells the one who waits.
struct remaining {
  remaining(executor where, long count) : left(count), done(where, 1) {}

  void one_less() {
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) done.try_send(asio::error_code{}, 0);
  }

  std::atomic<long> left;
  channel done;
};
using shared_remaining = std::shared_ptr<remaining>;

static coroutine<void> count_down(shared_remaining all) {
  all->one_less();
  co_return;
}

/// 10,000 tasks at a time, until the last has run.
static coroutine<void> spawn_batches(executor where, long n) {
  for (long batch = 0; batch < n / 10000; ++batch) {
    auto all = std::make_shared<remaining>(where, 10000);
    for (int i = 0; i < 10000; ++i) spawn(where, count_down(all));
    co_await all->done.async_receive(token{});
  }
}

static coroutine<void> yielding(executor where, shared_remaining all, long times) {
  for (long i = 0; i < times; ++i) co_await asio::post(where, plain_token{});
  all->one_less();
}

/// 200 tasks yield in turn.
static coroutine<void> yield_many(executor where, long n) {
  auto all = std::make_shared<remaining>(where, 200);
  for (int i = 0; i < 200; ++i) spawn(where, yielding(where, all, n / 200));
  co_await all->done.async_receive(token{});
}

using shared_channel = std::shared_ptr<channel>;

static coroutine<void> answer(shared_channel ping, shared_channel pong) {
  co_await ping->async_receive(token{});
  pong->try_send(asio::error_code{}, 0);
}

static coroutine<void> ask(executor where, shared_remaining all) {
  auto ping = std::make_shared<channel>(where, 1);
  auto pong = std::make_shared<channel>(where, 1);
  spawn(where, answer(ping, pong));
  ping->try_send(asio::error_code{}, 0);
  co_await pong->async_receive(token{});
  all->one_less();
}

/// A thousand pairs at a time; one of each pair spawns the other.
static coroutine<void> ping_pong(executor where, long n) {
  for (long batch = 0; batch < n / 1000; ++batch) {
    auto all = std::make_shared<remaining>(where, 1000);
    for (int i = 0; i < 1000; ++i) spawn(where, ask(where, all));
    co_await all->done.async_receive(token{});
  }
}

static coroutine<void> link(executor where, shared_remaining all, int left) {
  if (left == 0) {
    all->one_less();
  } else {
    spawn(where, link(where, all, left - 1));
  }
  co_return;
}

/// A task that spawns the next, a thousand deep.
static coroutine<void> chained_spawn(executor where, long n) {
  for (long batch = 0; batch < n / 1000; ++batch) {
    auto all = std::make_shared<remaining>(where, 1);
    spawn(where, link(where, all, 1000));
    co_await all->done.async_receive(token{});
  }
}

static coroutine<void> send_all(std::shared_ptr<channel> to, long n) {
  for (long i = 0; i < n; ++i) co_await to->async_send(asio::error_code{}, i, token{});
}

static coroutine<void> four_to_one(executor where, long n) {
  auto queue = std::make_shared<channel>(where, 1024);
  for (int i = 0; i < 4; ++i) spawn(where, send_all(queue, n / 4));
  for (long i = 0; i < n / 4 * 4; ++i) co_await queue->async_receive(token{});
}

static coroutine<void> work_and_count_down(shared_remaining all) {
  bench_work(5000);
  all->one_less();
  co_return;
}

/// A thousand tasks at a time, each some 10 us of work.
static coroutine<void> scaling(executor where, long n) {
  for (long batch = 0; batch < n / 1000; ++batch) {
    auto all = std::make_shared<remaining>(where, 1000);
    for (int i = 0; i < 1000; ++i) spawn(where, work_and_count_down(all));
    co_await all->done.async_receive(token{});
  }
}

/// From a thread that runs no tasks, 10,000 at a time.
static void spawn_outside(executor where, long n) {
  for (long batch = 0; batch < n / 10000; ++batch) {
    std::atomic<long> left = 10000;
    for (int i = 0; i < 10000; ++i) {
      asio::co_spawn(
          where,
          [&left]() -> coroutine<void> {
            if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) left.notify_one();
            co_return;
          },
          asio::detached);
    }
    for (long seen; (seen = left.load(std::memory_order_acquire)) > 0;) left.wait(seen);
  }
}

static coroutine<void> task_of(std::string_view row, executor where, long n) {
  if (row == "spawn_storm") return spawn_batches(where, n);
  if (row == "yield_many") return yield_many(where, n);
  if (row == "ping_pong_many") return ping_pong(where, n);
  if (row == "chained_spawn") return chained_spawn(where, n);
  if (row == "mpsc_across") return four_to_one(where, n);
  if (row == "scaling") return scaling(where, n);
  return {};
}

int main(int argc, char** argv) {
  const bench_options options = bench_parse(argc, argv);
  const std::string_view row = options.row;
  const long n = options.n > 0 ? options.n : row == "scaling" ? 50000 : 1000000;
  asio::io_context context(options.workers);
  auto work = asio::make_work_guard(context);
  const executor where = context.get_executor();
  coroutine<void> all = task_of(row, where, n);
  if (!all.valid() && row != "spawn_outside") return BENCH_EXIT_NO_SUCH_ROW;
  std::vector<std::thread> workers;
  for (int i = 0; i < options.workers; ++i) workers.emplace_back([&context] { context.run(); });
  bench_watch watch{};
  bench_start(&watch);
  if (row == "spawn_outside") {
    spawn_outside(where, n);
  } else {
    std::atomic<bool> done = false;
    asio::co_spawn(where, std::move(all), [&done](std::exception_ptr) {
      done.store(true, std::memory_order_release);
      done.notify_one();
    });
    done.wait(false, std::memory_order_acquire);
  }
  bench_stop(&watch);
  work.reset();
  for (std::thread& worker : workers) worker.join();
  bench_report(options.row, watch, n);
}

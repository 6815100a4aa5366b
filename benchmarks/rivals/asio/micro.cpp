// Asio's micro rows: timers, posts, and tasks as coroutines on one io_context.
#include "coroutines.hpp"

#include <deque>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include <asio/experimental/channel.hpp>
#include <asio/thread_pool.hpp>

#include "../common/bench.h"

using std::chrono::milliseconds;
using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, executor>;

static asio::io_context context(1);
static long counted;

/// Runs the loop until it has nothing left, on the watch.
static void measure_run(const char* row, long ops) {
  bench_watch watch{};
  bench_start(&watch);
  context.run();
  bench_stop(&watch);
  bench_report(row, watch, ops);
}

static std::deque<timer> make_timers(long n) {
  std::deque<timer> timers;
  for (long i = 0; i < n; ++i) timers.emplace_back(context);
  return timers;
}

static void timer_cancel(const char* row, long n) {
  auto timers = make_timers(n);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    timers[i].expires_after(milliseconds(1000 + bench_spread(static_cast<uint32_t>(i), 60000)));
    timers[i].async_wait([](asio::error_code) { ++counted; });
  }
  for (auto& each : timers) each.cancel();
  context.run();  // a cancelled wait completes with an error, which is part of its price
  bench_stop(&watch);
  if (counted == n) bench_report(row, watch, n);
}

static void timer_fire(const char* row, long n) {
  auto timers = make_timers(n);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    timers[i].expires_after(milliseconds(bench_spread(static_cast<uint32_t>(i), 1000)));
    timers[i].async_wait([](asio::error_code) { ++counted; });
  }
  bench_stop(&watch);
  bench_wait_until(bench_clock(CLOCK_MONOTONIC) + 1010000000);
  bench_start(&watch);
  context.run();
  bench_stop(&watch);
  if (counted == n) bench_report(row, watch, n);
}

static void timer_churn(const char* row, long n) {
  constexpr long few = 64;
  auto timers = make_timers(few);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    auto& each = timers[i % few];
    each.expires_after(milliseconds(10000 + (i & 1023)));
    each.async_wait([](asio::error_code) { ++counted; });
    if (i % 1024 == 0) context.poll();  // the aborted waits
  }
  context.poll();
  bench_stop(&watch);
  bench_report(row, watch, n);
}

static void post_from(const char* row, long n, int threads) {
  long each = n / threads;
  auto work = asio::make_work_guard(context);
  bench_watch watch{};
  bench_start(&watch);
  std::vector<std::thread> producers;
  for (int t = 0; t < threads; ++t) {
    producers.emplace_back([&, each] {
      for (long i = 0; i < each; ++i)
        asio::post(context, [&, all = each * threads] {
          if (++counted == all) work.reset();
        });
    });
  }
  context.run();
  bench_stop(&watch);
  for (auto& producer : producers) producer.join();
  bench_report(row, watch, each * threads);
}

/// Batches of a thousand callbacks, queued from inside a callback and drained by the loop.
static void microtask(const char* row, long n) {
  constexpr long batch = 1000;
  static long left = n / batch;
  struct refill {
    void operator()() const {
      for (long i = 0; i < batch; ++i) asio::post(context, [] { ++counted; });
      if (--left > 0) asio::post(context, refill{});
    }
  };
  asio::post(context, refill{});
  measure_run(row, n);
}

static coroutine<long> child(long value) {
  co_return value;
}

static coroutine<void> await_children(long n) {
  for (long i = 0; i < n; ++i) counted += co_await child(i);
}

static coroutine<void> spawn_and_join(long n) {
  auto where = co_await asio::this_coro::executor;
  for (long i = 0; i < n; ++i) {
    long got = co_await asio::co_spawn(where, child(i), plain_token{});
    counted += got;
  }
}

static coroutine<void> yielding(long times) {
  auto where = co_await asio::this_coro::executor;
  for (long i = 0; i < times; ++i) co_await asio::post(where, plain_token{});
}

using channel = asio::experimental::channel<executor, void(asio::error_code, long)>;

static coroutine<void> send_all(std::shared_ptr<channel> to, long n) {
  for (long i = 0; i < n; ++i) co_await to->async_send(asio::error_code{}, i, token{});
}

static coroutine<void> receive_all(std::shared_ptr<channel> from, long n) {
  for (long i = 0; i < n; ++i) {
    auto [error, value] = co_await from->async_receive(token{});
    counted += value;
  }
}

static coroutine<void> send_then_receive(std::shared_ptr<channel> to, std::shared_ptr<channel> from,
                                         long n) {
  for (long i = 0; i < n; ++i) {
    co_await to->async_send(asio::error_code{}, i, token{});
    co_await from->async_receive(token{});
  }
}

static coroutine<void> receive_then_send(std::shared_ptr<channel> from, std::shared_ptr<channel> to,
                                         long n) {
  for (long i = 0; i < n; ++i) {
    co_await from->async_receive(token{});
    co_await to->async_send(asio::error_code{}, i, token{});
  }
}

static void spawn(coroutine<void> task) {
  asio::co_spawn(context, std::move(task), asio::detached);
}

static void ping_pong(const char* row, long n) {
  auto there = std::make_shared<channel>(context, 1);
  auto back = std::make_shared<channel>(context, 1);
  spawn(send_then_receive(there, back, n));
  spawn(receive_then_send(there, back, n));
  measure_run(row, n);
}

static void mpsc(const char* row, long n, long producers) {
  auto queue = std::make_shared<channel>(context, 1024);
  for (long i = 0; i < producers; ++i) spawn(send_all(queue, n / producers));
  spawn(receive_all(queue, n / producers * producers));
  measure_run(row, n / producers * producers);
}

static coroutine<void> wait_for_ever(timer& each) {
  co_await each.async_wait(token{});
}

static void cancel(const char* row, long n) {
  auto timers = make_timers(n);
  for (auto& each : timers) {
    each.expires_after(std::chrono::hours(1));
    asio::co_spawn(context, wait_for_ever(each), [](std::exception_ptr) { ++counted; });
  }
  context.poll();
  bench_watch watch{};
  bench_start(&watch);
  for (auto& each : timers) each.cancel();
  context.run();
  bench_stop(&watch);
  if (counted == n) bench_report(row, watch, n);
}

/// `left` trips to a thread of the pool and back, one after the other.
static void trip(asio::thread_pool& workers, long left) {
  asio::post(workers, [&workers, left] {
    asio::post(context, [&workers, left] {
      ++counted;
      if (left > 1) trip(workers, left - 1);
    });
  });
}

static void offload(const char* row, long n, long at_once) {
  asio::thread_pool workers(4);
  auto alive = asio::make_work_guard(context);
  bench_watch watch{};
  bench_start(&watch);
  for (long done = 0; done < n; done += at_once) {
    if (at_once == 1) {
      trip(workers, n);
      while (counted < n) context.run_one();
      break;
    }
    for (long i = 0; i < at_once; ++i) trip(workers, 1);
    while (counted < done + at_once) context.run_one();
  }
  bench_stop(&watch);
  if (counted == n) bench_report(row, watch, n);
}

int main(int argc, char** argv) {
  bench_options options = bench_parse(argc, argv);
  std::string_view row = options.row;
  const char* name = options.row;
  auto or_default = [&](long n) { return options.n > 0 ? options.n : n; };
  constexpr long million = 1000000;
  if (row == "timer_cancel") {
    timer_cancel(name, or_default(million));
  } else if (row == "timer_fire") {
    timer_fire(name, or_default(million));
  } else if (row == "timer_churn") {
    timer_churn(name, or_default(million));
  } else if (row == "post_one") {
    post_from(name, or_default(million), 1);
  } else if (row == "post_many") {
    post_from(name, or_default(million), 4);
  } else if (row == "microtask") {
    microtask(name, or_default(million));
  } else if (row == "offload") {
    offload(name, or_default(100000), 1);
  } else if (row == "offload_many") {
    offload(name, or_default(million) / 1000 * 1000, 1000);
  } else if (row == "task_await") {
    spawn(await_children(or_default(million)));
    measure_run(name, or_default(million));
  } else if (row == "spawn_join") {
    spawn(spawn_and_join(or_default(million)));
    measure_run(name, or_default(million));
  } else if (row == "yield") {
    for (int i = 0; i < 100; ++i) spawn(yielding(or_default(million) / 100));
    measure_run(name, or_default(million));
  } else if (row == "ping_pong") {
    ping_pong(name, or_default(million));
  } else if (row == "mpsc_one") {
    mpsc(name, or_default(million), 1);
  } else if (row == "mpsc_many") {
    mpsc(name, or_default(million), 4);
  } else if (row == "cancel") {
    cancel(name, or_default(100000));
  } else {
    return BENCH_EXIT_NO_SUCH_ROW;
  }
}

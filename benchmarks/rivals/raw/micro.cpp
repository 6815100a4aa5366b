// The limits of the micro rows, written by hand: what an operation costs when nothing is promised
// beyond it. No peer can be asked to reach them, they are the scale.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <string_view>
#include <thread>
#include <vector>

#include "../common/bench.h"
#include "task.hpp"
#include "wheel.h"

static long counted;
static wheel timers;

static void on_timer(void*) {
  ++counted;
}

static std::vector<wheel_timer> make_timers(long n) {
  wheel_open(&timers);
  return std::vector<wheel_timer>(static_cast<std::size_t>(n),
                                  wheel_timer{{}, 0, on_timer, nullptr});
}

static void timer_cancel(const char* row, long n) {
  auto all = make_timers(n);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    all[i].due_ms = 1000 + bench_spread(static_cast<uint32_t>(i), 60000);
    wheel_insert(&timers, &all[i]);
  }
  for (auto& each : all) wheel_remove(&each);
  bench_stop(&watch);
  bench_report(row, watch, n);
}

static void timer_fire(const char* row, long n) {
  auto all = make_timers(n);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    all[i].due_ms = bench_spread(static_cast<uint32_t>(i), 1000);
    wheel_insert(&timers, &all[i]);
  }
  wheel_advance(&timers, 1010);  // there is no clock here, so nothing to wait for
  bench_stop(&watch);
  if (counted == n) bench_report(row, watch, n);
}

static void timer_churn(const char* row, long n) {
  constexpr long few = 64;
  auto all = make_timers(few);
  for (auto& each : all) wheel_insert(&timers, &each);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    wheel_timer& each = all[i % few];
    wheel_remove(&each);
    each.due_ms = 10000 + static_cast<uint64_t>(i & 1023);
    wheel_insert(&timers, &each);
  }
  bench_stop(&watch);
  bench_report(row, watch, n);
}

/// A message on the stack of a loop: pushed by anyone, taken whole by the loop.
struct message {
  message* next;
};
static std::atomic<message*> inbox{nullptr};

static void push(message* sent, int bell) {
  sent->next = inbox.load(std::memory_order_relaxed);
  while (!inbox.compare_exchange_weak(sent->next, sent, std::memory_order_release,
                                      std::memory_order_relaxed)) {
  }
  if (sent->next != nullptr) return;  // whoever made the stack non-empty rang already
  const uint64_t one = 1;
  if (write(bell, &one, sizeof one) != sizeof one) std::abort();
}

static void post(const char* row, long n, int threads) {
  const int poller = epoll_create1(0);
  const int bell = eventfd(0, EFD_NONBLOCK);
  epoll_event event{EPOLLIN | EPOLLET, {}};
  epoll_ctl(poller, EPOLL_CTL_ADD, bell, &event);
  const long each = n / threads;
  bench_watch watch{};
  bench_start(&watch);
  std::vector<std::thread> producers;
  for (int t = 0; t < threads; ++t) {
    producers.emplace_back([&] {
      for (long i = 0; i < each; ++i) push(new message{nullptr}, bell);
    });
  }
  while (counted < each * threads) {
    epoll_wait(poller, &event, 1, -1);
    // The stack is newest first; a loop runs callbacks oldest first, so it is turned round.
    message* first = nullptr;
    for (message* at = inbox.exchange(nullptr, std::memory_order_acquire); at != nullptr;) {
      message* next = at->next;
      at->next = first;
      first = at;
      at = next;
    }
    for (; first != nullptr; ++counted) {
      message* next = first->next;
      delete first;
      first = next;
    }
  }
  bench_stop(&watch);
  for (auto& producer : producers) producer.join();
  bench_report(row, watch, each * threads);
}

/// A ring of function pointers with an argument: a microtask queue that never allocates.
static void microtask(const char* row, long n) {
  struct callback {
    void (*run)(void*);
    void* argument;
  };
  constexpr std::size_t mask = 1023;
  static callback ring[mask + 1];
  std::size_t head = 0, tail = 0;
  bench_watch watch{};
  bench_start(&watch);
  for (long batch = 0; batch < n / 1000; ++batch) {
    for (int i = 0; i < 1000; ++i) {
      callback& slot = ring[tail++ & mask];
      slot.run = on_timer;
      slot.argument = &ring;
      asm volatile("" ::: "memory");  // the queue is really written and read
    }
    while (head != tail) {
      const callback& slot = ring[head++ & mask];
      slot.run(slot.argument);
    }
  }
  bench_stop(&watch);
  if (counted == n / 1000 * 1000) bench_report(row, watch, counted);
}

[[gnu::noinline]] static task child(long value) {
  co_return value;
}

static task await_children(long n) {
  for (long i = 0; i < n; ++i) counted += co_await child(i);
  co_return 0;
}

static task spawn_and_join(long n) {
  for (long i = 0; i < n; ++i) {
    task spawned = child(i);
    spawned.spawn();
    counted += co_await spawned.join();
  }
  co_return 0;
}

static task yielding(long times) {
  for (long i = 0; i < times; ++i) co_await yield_now();
  co_return 0;
}

static task when_all(long n) {
  std::vector<task> children;
  children.reserve(1000);
  for (long i = 0; i < n / 1000; ++i) {
    for (long k = 0; k < 1000; ++k) {
      children.push_back(child(k));
      children.back().spawn();
    }
    for (const task& each : children) counted += co_await each.join();
    children.clear();
  }
  co_return 0;
}

static task send_all(channel& to, long n) {
  for (long i = 0; i < n; ++i) co_await to.send(i);
  co_return 0;
}

static task receive_all(channel& from, long n) {
  for (long i = 0; i < n; ++i) counted += co_await from.receive();
  co_return 0;
}

static task send_then_receive(channel& to, channel& from, long n) {
  for (long i = 0; i < n; ++i) {
    co_await to.send(i);
    counted += co_await from.receive();
  }
  co_return 0;
}

static task receive_then_send(channel& from, channel& to, long n) {
  for (long i = 0; i < n; ++i) {
    long value = co_await from.receive();
    co_await to.send(value);
  }
  co_return 0;
}

static task lock_and_yield(mutex& shared, long times) {
  for (long i = 0; i < times; ++i) {
    co_await shared.lock();
    ++counted;
    co_await yield_now();
    shared.unlock();
  }
  co_return 0;
}

static void measure_tasks(const char* row, long n, std::vector<task> tasks) {
  for (const task& each : tasks) each.spawn();
  bench_watch watch{};
  bench_start(&watch);
  ready.run();
  bench_stop(&watch);
  bench_report(row, watch, n);
}

int main(int argc, char** argv) {
  bench_options options = bench_parse(argc, argv);
  std::string_view row = options.row;
  const char* name = options.row;
  const long n = options.n > 0 ? options.n : 1000000;
  static channel there(1), back(1), queue(1024);
  static mutex shared;
  std::vector<task> tasks;
  if (row == "timer_cancel") {
    timer_cancel(name, n);
  } else if (row == "timer_fire") {
    timer_fire(name, n);
  } else if (row == "timer_churn") {
    timer_churn(name, n);
  } else if (row == "post_one") {
    post(name, n, 1);
  } else if (row == "post_many") {
    post(name, n, 4);
  } else if (row == "microtask") {
    microtask(name, n);
  } else if (row == "task_await") {
    tasks.push_back(await_children(n));
  } else if (row == "spawn_join") {
    tasks.push_back(spawn_and_join(n));
  } else if (row == "yield") {
    for (int i = 0; i < 100; ++i) tasks.push_back(yielding(n / 100));
  } else if (row == "ping_pong") {
    tasks.push_back(send_then_receive(there, back, n));
    tasks.push_back(receive_then_send(there, back, n));
  } else if (row == "mutex") {
    for (int i = 0; i < 100; ++i) tasks.push_back(lock_and_yield(shared, n / 100));
  } else if (row == "mpsc_one") {
    tasks.push_back(send_all(queue, n));
    tasks.push_back(receive_all(queue, n));
  } else if (row == "when_all") {
    tasks.push_back(when_all(n));
  } else {
    return BENCH_EXIT_NO_SUCH_ROW;
  }
  if (!tasks.empty()) measure_tasks(name, n, std::move(tasks));
}

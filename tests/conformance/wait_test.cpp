// Waiting: for how long, and what ends it.
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "conformance/driver.hpp"

#include <rondo/os/clock.hpp>

namespace rondo::conformance {
namespace {

using waiting = conformance;

instant now() {
  return real_clock().now();
}

TEST_P(waiting, lasts_as_long_as_was_asked_and_does_not_spin) {
  for (const std::int64_t us : {1, 200, 1'000, 1'001, 2'500, 20'000}) {
    const instant due = now() + duration::microseconds(us);
    int turns = 0;
    while (now() < due) {
      d.turn(due - now());
      ++turns;
    }
    // A backend may return early, but it must not leave the rest of the time to its caller's loop.
    EXPECT_LE(turns, 5) << us << " us";
  }
}

TEST_P(waiting, of_no_time_only_looks) {
  const instant start = now();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(d.turn(duration()), 0);
  EXPECT_LT(now() - start, watchdog);
}

TEST_P(waiting, ends_by_a_wake_that_came_before) {
  const instant start = now();
  io.wake();
  d.turn(watchdog);
  EXPECT_LT(now() - start, watchdog);
}

TEST_P(waiting, ends_by_a_wake_from_another_thread) {
  for (int i = 0; i < 200; ++i) {
    const instant start = now();
    std::jthread waker([&] { io.wake(); });
    d.turn(watchdog);
    EXPECT_LT(now() - start, watchdog);
  }
}

TEST_P(waiting, with_a_wake_behind_it_goes_back_to_waiting) {
  io.wake();
  d.turn(watchdog);
  const instant due = now() + duration::milliseconds(20);
  int turns = 0;
  for (; now() < due; ++turns) d.turn(due - now());
  EXPECT_LE(turns, 5) << "the wake is told again and again";
}

TEST_P(waiting, hears_of_every_burst_of_wakes) {
  constexpr int threads = 4;
  constexpr int each = 5'000;
  std::atomic<int> posted = 0;
  std::vector<std::jthread> wakers;
  for (int t = 0; t < threads; ++t) {
    wakers.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        posted.fetch_add(1);
        io.wake();
        if (i % 64 == 0) std::this_thread::yield();
      }
    });
  }
  while (posted.load() < threads * each) {
    const instant start = now();
    d.turn(watchdog);
    ASSERT_LT(now() - start, watchdog) << "a wake was lost";
  }
}

TEST_P(waiting, is_woken_and_served_at_once) {
  const connection c = connect_pair(io);
  std::jthread waker([&] {
    for (int i = 0; i < 2'000; ++i) io.wake();
  });
  for (int i = 0; i < 500; ++i) {
    asked_op& read = d.receive_some(c.ours);
    write_all(c.peer.get(), "ping");
    EXPECT_EQ(d.finish(read), 4);
    EXPECT_EQ(d.take(read), "ping");
  }
  io.close(c.ours);
}

std::atomic<int> signals = 0;

/// Interrupts the thread that made it, all the time, with a handler that restarts nothing.
class signal_storm {
 public:
  signal_storm() {
    signals = 0;
    struct sigaction action = {};
    action.sa_handler = [](int) { signals.fetch_add(1, std::memory_order_relaxed); };
    sigaction(SIGUSR1, &action, &before_);
    thread_ = std::jthread([this, target = pthread_self()] {
      while (!over_.load()) {
        pthread_kill(target, SIGUSR1);
        const timespec pause = {.tv_sec = 0, .tv_nsec = 20'000};
        nanosleep(&pause, nullptr);
      }
    });
  }
  ~signal_storm() {
    over_ = true;
    thread_.join();
    sigaction(SIGUSR1, &before_, nullptr);
  }

 private:
  struct sigaction before_ = {};
  std::atomic<bool> over_ = false;
  std::jthread thread_;
};

TEST_P(waiting, under_a_storm_of_signals_loses_nothing) {
  const connection c = connect_pair(io);
  const std::string text = numbered_text(200'000);
  std::string received;
  {
    const signal_storm storm;
    std::jthread writer([&] {
      for (std::size_t at = 0; at < text.size(); at += 1'000) {
        write_all(c.peer.get(), std::string_view(text).substr(at, 1'000));
      }
    });
    received = d.read_exactly(c.ours, text.size());
    std::jthread reader([&] { EXPECT_TRUE(read_up_to(c.peer.get(), text.size()) == text); });
    for (std::size_t at = 0; at < text.size();) {
      const int sent = d.finish(d.send(c.ours, std::string_view(text).substr(at, 5'000)));
      ASSERT_GT(sent, 0);
      at += static_cast<std::size_t>(sent);
    }
    while (signals.load() < 50) d.turn(duration::milliseconds(5));
  }
  EXPECT_TRUE(received == text);
  io.close(c.ours);
}

INSTANTIATE_TEST_SUITE_P(on, waiting, ::testing::ValuesIn(granted_backends()), backend_name);

}  // namespace
}  // namespace rondo::conformance

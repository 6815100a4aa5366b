// What only a real backend can show, on every one that this machine grants: waiting, waking and
// real readiness.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <random>
#include <semaphore>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <rondo/io/candidates.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/os/fd.hpp>

#include "support/seed.hpp"

namespace {

using namespace rondo;
using namespace std::chrono_literals;

loop_options options_with(io::backend_kind kind) {
  loop_options options;
  auto made = io::make_backend(kind);
  if (!made) throw std::move(made).error();
  options.backend = std::move(*made);
  return options;
}

std::vector<io::backend_kind> granted_backends() {
  std::vector<io::backend_kind> granted;
  for (const io::candidate& c : io::candidates()) {
    if (c.granted) granted.push_back(c.kind);
  }
  return granted;
}

class backends : public ::testing::TestWithParam<io::backend_kind> {
 protected:
  loop l{options_with(GetParam())};

  /// A watchdog that fails a test which would hang.
  void SetUp() override {
    l.unref(l.set_timeout(20s, [this] {
      ADD_FAILURE() << "hangs";
      l.stop();
    }));
  }
};

/// Two ends of a stream: `ours` for the loop, `peer` for blocking calls.
struct stream {
  explicit stream(loop& l) {
    int both[2];
    const int flags = l.backend().wants_nonblocking() ? SOCK_NONBLOCK : 0;
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, both), 0);
    ours = both[0];
    peer = os::fd(both[1]);
    if (flags != 0) fcntl(peer.get(), F_SETFL, 0);
  }
  int ours;
  os::fd peer;
};

struct calling_op : io::op {
  calling_op() {
    run = [](job& j) { static_cast<calling_op&>(j).then(); };
  }
  callback then;
};

TEST_P(backends, timers_are_never_early_by_the_real_clock) {
  for (const int us : {100, 1000, 1001, 2500, 7777, 20000}) {
    const duration d = std::chrono::microseconds(us);
    const instant begin = real_clock().now();
    l.update_time();
    bool fired = false;
    l.call_later(d, [&] { fired = true; });
    while (!fired) l.run(run_mode::once);
    EXPECT_GE(real_clock().now() - begin, d);
  }
}

TEST_P(backends, a_post_wakes_a_loop_that_sleeps) {
  const handle_id held = l.hold();
  std::binary_semaphore sleeping(0);
  std::thread other([&] {
    sleeping.acquire();
    l.post([&] { l.clear(held); });
  });
  l.set_immediate([&] { sleeping.release(); });  // the next poll waits, or is about to
  EXPECT_FALSE(l.run());
  other.join();
}

// The loop is gone as soon as the post has run, while the thread that posted may still be about to
// wake it.
TEST_P(backends, a_post_may_end_the_loop_that_it_is_given_to) {
  for (int round = 0; round < 100; ++round) {
    std::atomic<loop*> there = nullptr;
    handle_id held;
    std::thread other([&] {
      loop mine(options_with(GetParam()));
      held = mine.hold();
      mine.set_immediate([&] { there = &mine; });
      EXPECT_FALSE(mine.run());
    });
    while (there == nullptr) std::this_thread::yield();
    loop& its = *there;
    its.post([&its, &held] { its.clear(held); });
    other.join();
  }
}

TEST_P(backends, posts_of_many_threads_all_arrive_in_the_order_of_each) {
  constexpr int threads = 4;
  constexpr int each = 5000;
  std::vector<int> last(threads, -1);
  int arrived = 0;
  const handle_id held = l.hold();
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&, t] {
      std::mt19937_64 random(rondo::testing::seed() + static_cast<unsigned>(t));
      for (int i = 0; i < each; ++i) {
        l.post([&, t, i] {
          EXPECT_EQ(last[static_cast<std::size_t>(t)], i - 1);
          last[static_cast<std::size_t>(t)] = i;
          if (++arrived == threads * each) l.clear(held);
        });
        if (random() % 64 == 0) std::this_thread::yield();  // so that the loop sleeps in between
      }
    });
  }
  EXPECT_FALSE(l.run());
  for (std::thread& p : posters) p.join();
  EXPECT_EQ(arrived, threads * each);
}

TEST_P(backends, one_ping_pong_with_a_thread_never_misses_a_wake) {
  constexpr int rounds = 2000;
  std::counting_semaphore<rounds> asked(0);
  const handle_id held = l.hold();
  int answers = 0;
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      asked.acquire();
      l.post([&] {
        if (++answers == rounds) {
          l.clear(held);
        } else {
          asked.release();
        }
      });
    }
  });
  asked.release();
  EXPECT_FALSE(l.run());
  other.join();
  EXPECT_EQ(answers, rounds);
}

TEST_P(backends, timers_posts_and_io_meet) {
  stream s(l);
  char byte = 0;
  int received = 0;
  calling_op op;
  op.fd = s.ours;
  op.kind = io::op_kind::receive;
  op.data = &byte;
  op.size = 1;
  op.then = [&] {
    for (;;) {
      ASSERT_EQ(op.result, 1);
      if (++received == 1000) return;
      if (!l.start(op)) return;
    }
  };
  ASSERT_FALSE(l.start(op));
  int posts = 0;
  const handle_id held = l.hold();
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(write(s.peer.get(), "x", 1), 1);
      l.post([&] {
        if (++posts == 1000) l.clear(held);
      });
    }
  });
  int ticks = 0;
  l.unref(l.set_interval(1ms, [&] { ++ticks; }));
  EXPECT_FALSE(l.run());
  other.join();
  EXPECT_EQ(received, 1000);
  EXPECT_EQ(posts, 1000);
  l.close(s.ours);
  l.run();
}

TEST_P(backends, an_operation_holds_the_loop_and_is_named) {
  stream s(l);
  calling_op op;
  op.fd = s.ours;
  op.kind = io::op_kind::readable;
  op.where = std::source_location::current();
  bool completed = false;
  op.then = [&] { completed = true; };
  ASSERT_FALSE(l.start(op));
  const std::vector<holder> holders = l.holders();
  ASSERT_EQ(holders.size(), 1u);
  EXPECT_STREQ(holders[0].kind, "readable");
  EXPECT_EQ(holders[0].fd, s.ours);
  l.set_timeout(1ms, [&] { l.cancel(op); });
  EXPECT_FALSE(l.run());
  EXPECT_TRUE(completed);
  EXPECT_LT(op.result, 0);
  l.close(s.ours);
  l.run();
}

TEST_P(backends, ticks_at_their_limit_let_a_descriptor_be_served) {
  loop_options options = options_with(GetParam());
  options.tick_depth_limit = 100;
  loop greedy(std::move(options));
  stream s(greedy);
  calling_op op;
  op.fd = s.ours;
  op.kind = io::op_kind::readable;
  bool served = false;
  op.then = [&] { served = true; };
  ASSERT_FALSE(greedy.start(op));
  unique_function<void()> again = [&] {
    if (!served) greedy.next_tick([&] { again(); });
  };
  int reports = 0;
  greedy.on_starvation([&](std::uint32_t depth) {
    EXPECT_EQ(depth, 100u);
    if (++reports == 3) EXPECT_EQ(write(s.peer.get(), "x", 1), 1);
  });
  greedy.next_tick([&] { again(); });
  EXPECT_FALSE(greedy.run());
  EXPECT_TRUE(served);
  EXPECT_GE(reports, 3);
  greedy.close(s.ours);
  greedy.run();
}

INSTANTIATE_TEST_SUITE_P(, backends, ::testing::ValuesIn(granted_backends()),
                         [](const auto& info) { return std::string(to_string(info.param)); });

}  // namespace

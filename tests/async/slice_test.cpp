// Slices: how often a long loop lets the others run, and that I/O has to wait no longer than one.
#include <rondo/async/slice.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/async/run.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/task/scope.hpp>

#include "support/scripted_backend.hpp"
#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::duration;
using rondo::loop;
using rondo::loop_options;
using rondo::scope;
using rondo::slice;
using rondo::task;
using rondo::with_scope;
using rondo::testing::manual_clock;

/// Counts how often it has its turn.
task<> others(int& turns, const bool& done) {
  while (!done) {
    co_await rondo::yield_now();
    ++turns;
  }
}

/// How many turns the others have while a loop makes `rounds` that take `each`.
int turns_beside(int rounds, duration each, duration length, manual_clock& time) {
  int turns = 0;
  const auto main = [&]() -> task<> {
    bool done = false;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(others(turns, done));
      slice mine(length, time);
      for (int i = 0; i < rounds; ++i) {
        time.advance(each);
        co_await mine;
      }
      done = true;
    });
  };
  rondo::run(main());
  return turns;
}

TEST(slice, lets_the_others_run_when_it_is_over_and_not_before) {
  manual_clock time;
  EXPECT_EQ(turns_beside(1000, 100us, 1ms, time), 100);
  EXPECT_EQ(turns_beside(9, 100us, 1ms, time), 0);
  EXPECT_EQ(turns_beside(100, 5ms, 1ms, time), 100);
}

TEST(slice, of_short_rounds_seldom_asks_the_clock_and_is_late_by_few_rounds) {
  manual_clock time;
  const int turns = turns_beside(100'000, 1us, 1ms, time);
  EXPECT_LE(turns, 100);  // slices of at least 1 ms in 100 ms
  EXPECT_GE(turns, 100'000 / (1000 + slice::rounds_unasked) - 1);
  EXPECT_LE(time.reads, 100'000 / slice::rounds_unasked * 5 / 4 + 2 * turns);
}

TEST(slice, of_rounds_that_become_long_is_late_by_few_of_them) {
  manual_clock time;
  struct local {
    static task<> main(manual_clock& time) {
      slice mine(1ms, time);
      for (int i = 0; i < 1000; ++i) {
        time.advance(10ns);
        co_await mine;
      }
      int turns = 0;
      bool done = false;
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn(others(turns, done));
        int last = 0;
        int most_rounds = 0;
        int rounds = 0;
        for (int i = 0; i < 500; ++i) {
          time.advance(1ms);
          ++rounds;
          co_await mine;
          if (turns == last) continue;
          last = turns;
          most_rounds = std::max(most_rounds, rounds);
          rounds = 0;
        }
        EXPECT_LE(most_rounds, slice::rounds_unasked);
        EXPECT_GE(turns, 500 - slice::rounds_unasked);  // after the first time, one a round
        done = true;
      });
    }
  };
  rondo::run(local::main(time));
}

TEST(slice, meets_a_cancel_at_each_await) {
  const auto main = []() -> task<> {
    int rounds = 0;
    co_await with_scope([&](scope& s) -> task<> {
      slice mine(1h);
      for (;;) {
        co_await mine;
        if (++rounds == 100) s.cancel();
      }
    });
    EXPECT_EQ(rounds, 100);
    rounds = 0;
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      slice mine(1h);
      co_await mine;
      ++rounds;
    });
    EXPECT_EQ(rounds, 0);
  };
  rondo::run(main());
}

TEST(slice, that_is_suspended_is_cancelled_and_says_what_it_waits_for) {
  manual_clock time;
  const auto main = [&]() -> task<> {
    int rounds = 0;
    co_await with_scope([&](scope& s) -> task<> {
      rondo::task_context* line = nullptr;
      s.spawn([](manual_clock& time, int& rounds, rondo::task_context*& line) -> task<> {
        line = &co_await rondo::this_task();
        slice mine(1ms, time);
        for (;; ++rounds) {
          time.advance(1ms);
          co_await mine;
        }
      }(time, rounds, line));
      while (rounds < 3) co_await rondo::yield_now();
      EXPECT_TRUE(line->is_waiting());
      EXPECT_STREQ(line->waits_for().what, "its next slice");
      s.cancel();
    });
    EXPECT_EQ(rounds, 3);
  };
  rondo::run(main());
}

/// Waits for one byte, and notes in which round it came.
struct listener : rondo::io::op {
  explicit listener(int socket) {
    fd = socket;
    kind = rondo::io::op_kind::readable;
    run = [](rondo::job& j) {
      auto& self = static_cast<listener&>(j);
      self.heard_in = *self.round;
    };
  }
  const int* round = nullptr;
  int heard_in = -1;
};

class slice_on : public ::testing::TestWithParam<rondo::io::backend_kind> {};

TEST_P(slice_on, bounds_how_long_io_waits) {
  constexpr int rounds = 20'000;
  constexpr int written_in = 5'000;
  for (const bool sliced : {true, false}) {
    loop_options options;
    auto made = rondo::io::make_backend(GetParam());
    ASSERT_TRUE(made.has_value());
    options.backend = std::move(*made);
    loop l(std::move(options));
    int both[2];
    const int flags = l.backend().wants_nonblocking() ? SOCK_NONBLOCK : 0;
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, both), 0);
    const rondo::os::fd peer(both[1]);
    listener ear(both[0]);
    int round = 0;
    ear.round = &round;
    ASSERT_FALSE(l.start(ear));
    const auto main = [&]() -> task<> {
      co_await rondo::yield_now();  // the backend has the op
      manual_clock time;
      slice mine(1ms, time);
      for (; round < rounds; ++round) {
        if (round == written_in) EXPECT_EQ(write(peer.get(), "!", 1), 1);
        time.advance(10us);  // a hundred rounds a slice
        if (sliced) co_await mine;
      }
      while (ear.heard_in < 0) co_await rondo::yield_now();
    };
    rondo::run(l, main());
    EXPECT_GE(ear.heard_in, written_in);
    if (sliced) {
      EXPECT_LE(ear.heard_in, written_in + 3 * (100 + slice::rounds_unasked));
    } else {
      EXPECT_EQ(ear.heard_in, rounds);
    }
    l.close(both[0]);
    l.run();
  }
}

std::vector<rondo::io::backend_kind> granted_backends() {
  std::vector<rondo::io::backend_kind> granted;
  for (const rondo::io::candidate& c : rondo::io::candidates()) {
    if (c.granted) granted.push_back(c.kind);
  }
  return granted;
}
INSTANTIATE_TEST_SUITE_P(each_backend, slice_on, ::testing::ValuesIn(granted_backends()),
                         [](const auto& kind) { return to_string(kind.param); });

}  // namespace

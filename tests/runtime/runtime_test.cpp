// The runtime as a user sees it: the same program on one thread and on several.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <rondo/async/offload.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/when_all.hpp>

#include "support/tasks.hpp"

namespace rondo {
namespace {

using namespace std::chrono_literals;

/// Each test runs on every backend, on one thread and on several workers.
struct setting {
  io::backend_kind backend;
  int workers;
};

class RuntimeTest : public ::testing::TestWithParam<setting> {
 protected:
  static runtime_options options() {
    runtime_options chosen =
        GetParam().workers == 0 ? current_thread() : multi_thread(GetParam().workers);
    chosen.backend = GetParam().backend;
    return chosen;
  }
  template <class T>
  static auto run_here(task<T> main) {
    return run(std::move(main), options());
  }
};

std::string name_of(const ::testing::TestParamInfo<setting>& info) {
  return std::string(io::to_string(info.param.backend)) + "_" + std::to_string(info.param.workers);
}

std::vector<setting> all_settings() {
  std::vector<setting> all;
  for (const io::candidate& c : io::candidates()) {
    if (!c.granted) continue;
    for (const int workers : {0, 1, 2, 4}) all.push_back({c.kind, workers});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Settings, RuntimeTest, ::testing::ValuesIn(all_settings()), name_of);

task<int> square(int n) {
  co_await yield_now();
  co_return n* n;
}

TEST_P(RuntimeTest, YieldsWhatMainReturns) {
  EXPECT_EQ(run_here([]() -> task<int> { co_return co_await square(7); }()), 49);
}

TEST_P(RuntimeTest, JoinsManySpawnedTasks) {
  auto main = []() -> task<long> {
    std::vector<join_handle<int>> handles;
    for (int i = 0; i < 1'000; ++i) handles.push_back(co_await spawn(square(i)));
    long sum = 0;
    for (auto& each : handles) sum += co_await each;
    co_return sum;
  };
  EXPECT_EQ(run_here(main()), 332'833'500);
}

task<> count_down(int depth, std::atomic<int>& left) {
  co_await yield_now();
  if (depth > 0) {
    co_await spawn(count_down(depth - 1, left));
    co_await spawn(count_down(depth - 1, left));
  }
  left.fetch_sub(1);
}

TEST_P(RuntimeTest, TasksSpawnTasks) {
  std::atomic<int> left = 255;
  auto main = [&]() -> task<> {
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      all.spawn("root", count_down(7, left));
      while (left.load() > 0) co_await sleep_for(1ms);
    });
  };
  run_here(main());
  EXPECT_EQ(left.load(), 0);
}

TEST_P(RuntimeTest, AFailureCancelsTheSiblingsAndLeaves) {
  std::atomic<int> cancelled_count = 0;
  auto waits = [&]() -> task<> {
    try {
      co_await sleep_for(1h);
    } catch (const cancelled&) {
      ++cancelled_count;
      throw;
    }
  };
  auto fails = []() -> task<> {
    co_await sleep_for(1ms);
    throw std::runtime_error("on purpose");
  };
  auto main = [&]() -> task<> {
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      for (int i = 0; i < 20; ++i) all.spawn(waits());
      all.spawn(fails());
      co_return;
    });
  };
  EXPECT_THROW(run_here(main()), std::runtime_error);
  EXPECT_EQ(cancelled_count.load(), 20);
}

TEST_P(RuntimeTest, CancelsWhateverIsWaitedFor) {
  std::atomic<int> ended = 0;
  event never;
  mutex held;
  channel<int> empty(4);
  auto count = [&](task<> what) -> task<> {
    try {
      co_await std::move(what);
    } catch (const cancelled&) {
      ++ended;
      throw;
    }
  };
  auto main = [&]() -> task<> {
    auto hold = co_await held.lock();
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      for (int i = 0; i < 10; ++i) {
        all.spawn(count([](event& e) -> task<> { co_await e.wait(); }(never)));
        all.spawn(count([](mutex& m) -> task<> { auto got = co_await m.lock(); }(held)));
        all.spawn(count([](channel<int>& c) -> task<> { co_await c.receive(); }(empty)));
        all.spawn(count([]() -> task<> { co_await sleep_for(1h); }()));
        all.spawn(count([]() -> task<> { co_await when_all(sleep_for(1h), sleep_for(2h)); }()));
      }
      co_await sleep_for(2ms);
      all.cancel("enough");
    });
  };
  run_here(main());
  EXPECT_EQ(ended.load(), 50);
}

TEST_P(RuntimeTest, OneTaskCanBeCancelledThroughItsHandle) {
  auto main = []() -> task<std::string> {
    auto handle = co_await spawn([]() -> task<> { co_await sleep_for(1h); }());
    co_await sleep_for(1ms);
    handle.cancel("not needed");
    co_return co_await testing::outcome_of(std::move(handle));
  };
  EXPECT_NE(run_here(main()).find("cancelled"), std::string::npos);
}

TEST_P(RuntimeTest, ExclusionHoldsAcrossWorkers) {
  int shared = 0;
  mutex guard;
  auto add = [&](int times) -> task<> {
    for (int i = 0; i < times; ++i) {
      auto hold = co_await guard.lock();
      const int before = shared;
      if (i % 7 == 0) co_await yield_now();
      shared = before + 1;
    }
  };
  auto main = [&]() -> task<> {
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      for (int i = 0; i < 8; ++i) all.spawn(add(200));
      co_return;
    });
  };
  run_here(main());
  EXPECT_EQ(shared, 1'600);
}

task<> echo(tcp_stream peer) {
  std::byte buffer[512];
  for (;;) {
    const std::size_t n = co_await peer.read(buffer);
    if (n == 0) co_return;
    co_await peer.write_all(std::span(buffer).first(n));
  }
}

task<int> ask(socket_address where, int rounds) {
  tcp_stream peer = co_await tcp_stream::connect(where);
  int answered = 0;
  for (int i = 0; i < rounds; ++i) {
    std::string text = "round " + std::to_string(i);
    co_await peer.write_all(text);
    std::vector<std::byte> answer(text.size());
    co_await peer.read_exact(answer);
    if (std::memcmp(answer.data(), text.data(), text.size()) == 0) ++answered;
    if (i % 5 == 0) co_await yield_now();
  }
  co_return answered;
}

TEST_P(RuntimeTest, ConnectionsWanderWithTheirTasks) {
  auto main = []() -> task<int> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    const socket_address where = *listener.local_address();
    int answered = 0;
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      auto accepting = all.spawn_local("accept", [](tcp_listener& l, parallel_scope& s) -> task<> {
        for (;;) s.spawn(echo(co_await l.accept()));
      }(listener, all));
      std::vector<join_handle<int>> clients;
      for (int i = 0; i < 20; ++i) clients.push_back(all.spawn(ask(where, 30)));
      for (auto& each : clients) answered += co_await each;
      all.cancel();
    });
    co_return answered;
  };
  EXPECT_EQ(run_here(main()), 600);
}

TEST_P(RuntimeTest, OffloadedWorkComesBack) {
  auto main = []() -> task<int> {
    std::vector<join_handle<int>> handles;
    for (int i = 0; i < 50; ++i) {
      handles.push_back(co_await spawn(
          [](int n) -> task<int> { co_return co_await offload({}, [n] { return n * 2; }); }(i)));
    }
    int sum = 0;
    for (auto& each : handles) sum += co_await each;
    co_return sum;
  };
  EXPECT_EQ(run_here(main()), 2'450);
}

TEST_P(RuntimeTest, DeadlinesHoldInTasksThatMove) {
  auto main = []() -> task<int> {
    std::vector<join_handle<bool>> handles;
    for (int i = 0; i < 20; ++i) {
      handles.push_back(co_await spawn([]() -> task<bool> {
        try {
          co_await with_timeout(1ms, sleep_for(1h));
        } catch (const error& e) {
          co_return e.code() == errc::timed_out;
        }
        co_return false;
      }()));
    }
    int timed_out = 0;
    for (auto& each : handles) timed_out += co_await each ? 1 : 0;
    co_return timed_out;
  };
  EXPECT_EQ(run_here(main()), 20);
}

TEST_P(RuntimeTest, ALocalTaskStaysWhereItWasSpawned) {
  auto main = []() -> task<bool> {
    bool stayed = true;
    std::vector<join_handle<bool>> handles;
    for (int i = 0; i < 50; ++i) {
      handles.push_back(co_await spawn([]() -> task<bool> {
        co_await yield_now();
        runtime* const r = co_await this_runtime();
        const int here = r != nullptr ? r->this_worker() : 0;
        auto local = co_await spawn_local([](int spawner, runtime* of) -> task<bool> {
          bool same = true;
          for (int k = 0; k < 5; ++k) {
            if (of != nullptr && of->this_worker() != spawner) same = false;
            co_await sleep_for(100us);
          }
          co_return same;
        }(here, r));
        co_return co_await local;
      }()));
    }
    for (auto& each : handles) stayed = co_await each && stayed;
    co_return stayed;
  };
  EXPECT_TRUE(run_here(main()));
}

TEST_P(RuntimeTest, WhatACallbackThrowsEndsTheProgram) {
  auto main = []() -> task<> {
    co_await spawn([]() -> task<> {
      co_await yield_now();
      loop& here = co_await this_loop();
      here.set_immediate([] { throw std::runtime_error("from a callback"); });
      co_await sleep_for(1h);
    }());
    co_await sleep_for(1h);
  };
  EXPECT_THROW(run_here(main()), std::runtime_error);
}

TEST(RuntimeTreeTest, NamesTheTasksOfAllWorkers) {
  auto main = []() -> task<std::string> {
    event never;
    std::string tree;
    auto body = [&](parallel_scope& all) -> task<> {
      for (int i = 0; i < 20; ++i) {
        all.spawn("waits for the event", [](event& e) -> task<> { co_await e.wait(); }(never));
        all.spawn("sleeps", []() -> task<> { co_await when_all(sleep_for(1h), sleep_for(2h)); }());
      }
      co_await sleep_for(2ms);
      runtime& here = *co_await this_runtime();
      tree = co_await here.task_tree();
      all.cancel();
    };
    co_await with_parallel_scope(std::move(body));
    co_return tree;
  };
  const std::string tree = run(main(), multi_thread(3));
  const auto count = [&](std::string_view what) {
    int times = 0;
    for (std::size_t at = 0; (at = tree.find(what, at)) != std::string::npos; ++at) ++times;
    return times;
  };
  EXPECT_EQ(count("spawned as \"waits for the event\""), 20) << tree;
  EXPECT_EQ(count("spawned as \"sleeps\""), 20) << tree;
  EXPECT_EQ(count("#0 sleep"), 40) << tree;
  EXPECT_NE(tree.find("worker 2"), std::string::npos) << tree;
}

TEST(RuntimeMetricsTest, CountWhatHappened) {
  auto main = []() -> task<std::uint64_t> {
    std::vector<join_handle<int>> handles;
    for (int i = 0; i < 100; ++i) handles.push_back(co_await spawn(square(i)));
    for (auto& each : handles) co_await each;
    runtime& here = *co_await this_runtime();
    std::uint64_t polls = 0;
    for (int i = 0; i < here.workers(); ++i) polls += here.metrics(i).polls;
    co_return polls;
  };
  EXPECT_EQ(run(main(), multi_thread(3)), 200U);
}

}  // namespace
}  // namespace rondo

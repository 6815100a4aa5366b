// Messages between tasks that move: whatever the scheduler does with the tasks, each message
// arrives once, and those of one sender in their order. Guards every change of the scheduler,
// together with fairness_test.cpp.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include <rondo/async/yield.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/task/spawn.hpp>

#include "runtime/crews.hpp"

namespace rondo {
namespace {

using throughput = testing::crew_test;

INSTANTIATE_TEST_SUITE_P(Crews, throughput, ::testing::ValuesIn(testing::crews_of({1, 2, 4})),
                         testing::crew_name);

struct message {
  int sender;
  int number;
};

/// What arrived, over all receivers.
struct tally_sheet {
  tally_sheet(int senders, int each)
      : each(each), arrived(std::make_unique<std::atomic<int>[]>(senders * each)) {}
  int each;
  std::unique_ptr<std::atomic<int>[]> arrived;
  std::atomic<int> disorder{0};
};

task<> send_all(channel<message>& to, int sender, int count, std::atomic<int>& senders_left) {
  for (int i = 0; i < count; ++i) {
    message next{sender, i};
    co_await to.send(std::move(next));
    if (i % 37 == 0) co_await yield_now();
  }
  if (senders_left.fetch_sub(1) == 1) to.close();
}

task<> receive_all(channel<message>& from, int senders, tally_sheet& sheet) {
  std::vector<int> last(static_cast<std::size_t>(senders), -1);
  for (;;) {
    auto next = co_await from.receive();
    if (!next) break;
    if (next->number <= last[next->sender]) ++sheet.disorder;
    last[next->sender] = next->number;
    ++sheet.arrived[next->sender * sheet.each + next->number];
  }
}

void expect_all_once(const tally_sheet& sheet, int senders) {
  for (int i = 0; i < senders * sheet.each; ++i) {
    ASSERT_EQ(sheet.arrived[i].load(), 1)
        << "message " << i % sheet.each << " of sender " << i / sheet.each;
  }
  EXPECT_EQ(sheet.disorder.load(), 0);
}

TEST_P(throughput, each_message_arrives_once_and_in_the_order_of_its_sender) {
  constexpr int senders = 6;
  constexpr int receivers = 3;
  constexpr int each = 1'000;
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{64}}) {
    channel<message> through(capacity);
    tally_sheet sheet(senders, each);
    std::atomic<int> senders_left = senders;
    auto main = [&]() -> task<> {
      co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
        for (int r = 0; r < receivers; ++r) all.spawn(receive_all(through, senders, sheet));
        for (int s = 0; s < senders; ++s) all.spawn(send_all(through, s, each, senders_left));
        co_return;
      });
    };
    run_here(main());
    expect_all_once(sheet, senders);
  }
}

// A ring of tasks through which a few messages go round: most of the time nearly all of them wait,
// and every step is a wake.
TEST_P(throughput, messages_go_round_a_ring) {
  constexpr std::size_t tasks = 40;
  constexpr int rounds = 100;
  constexpr int messages = 3;
  std::vector<std::unique_ptr<channel<int>>> ring;
  for (std::size_t i = 0; i < tasks; ++i) ring.push_back(std::make_unique<channel<int>>(messages));
  std::atomic<int> steps = 0;
  auto pass_on = [&](std::size_t i) -> task<> {
    for (;;) {
      auto left = co_await ring[i]->receive();
      if (!left) break;
      ++steps;
      if (*left == 0) continue;
      co_await ring[(i + 1) % tasks]->send(*left - 1);
    }
  };
  auto main = [&]() -> task<> {
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      for (std::size_t i = 0; i < tasks; ++i) all.spawn(pass_on(i));
      constexpr int way = rounds * static_cast<int>(tasks) - 1;
      for (int m = 0; m < messages; ++m) co_await ring[static_cast<std::size_t>(m)]->send(way);
      while (steps.load() < messages * (way + 1)) co_await yield_now();
      for (auto& each : ring) each->close();
    });
  };
  run_here(main());
  EXPECT_EQ(steps.load(), messages * rounds * static_cast<int>(tasks));
}

// Each wake of a sleeping worker is asked for by a push that found nobody searching, or by the last
// who found something: no more than two for a line that is run.
TEST_P(throughput, wakes_no_herd) {
  constexpr int rounds = 5'000;
  channel<int> there(1);
  channel<int> back(1);
  std::uint64_t polls = 0;
  std::uint64_t wakes = 0;
  auto pong = [&]() -> task<> {
    for (;;) {
      auto ball = co_await there.receive();
      if (!ball) break;
      co_await back.send(*ball);
    }
  };
  auto ping = [&]() -> task<> {
    for (int i = 0; i < rounds; ++i) {
      co_await there.send(i);
      co_await back.receive();
    }
    there.close();
  };
  auto main = [&]() -> task<> {
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      all.spawn(pong());
      all.spawn(ping());
      co_return;
    });
    const runtime& crew = *co_await this_runtime();
    for (int w = 0; w < crew.workers(); ++w) {
      polls += crew.metrics(w).polls;
      wakes += crew.metrics(w).wakes;
    }
  };
  run_here(main());
  EXPECT_GE(polls, static_cast<std::uint64_t>(rounds));
  EXPECT_LE(wakes, 2 * polls);
}

}  // namespace
}  // namespace rondo

// Tasks that go from thread to thread ask the resolver of the loop on which they are.
#include <rondo/async/yield.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/parallel_scope.hpp>

#include "dns/dns_fixture.hpp"

namespace rondo::testing {
namespace {

task<> ask_again_and_again(int rounds, std::atomic<int>& answered) {
  for (int i = 0; i < rounds; ++i) {
    const auto found = co_await dns::lookup("localhost", 80);
    EXPECT_FALSE(found.empty());
    ++answered;
    co_await yield_now();
  }
}

TEST(lookup_threads, each_asks_where_it_is) {
  std::atomic<int> answered{0};
  run(
      [](std::atomic<int>& answered) -> task<> {
        co_await with_parallel_scope([&](parallel_scope& s) -> task<> {
          for (int i = 0; i < 32; ++i) s.spawn(ask_again_and_again(50, answered));
          co_return;
        });
      }(answered),
      multi_thread(3));
  EXPECT_EQ(answered, 32 * 50);
}

/// Of several steps, each of which would otherwise be a chance to move.
task<> resolve_again_and_again(int rounds, std::atomic<int>& answered) {
  for (int i = 0; i < rounds; ++i) {
    loop& here = co_await this_loop();
    const auto found = co_await dns::resolver::of(here).resolve_a("localhost");
    EXPECT_GT(found.size(), 0u);
    ++answered;
    co_await yield_now();
  }
}

TEST(lookup_threads, several_steps_stay_where_they_began) {
  std::atomic<int> answered{0};
  run(
      [](std::atomic<int>& answered) -> task<> {
        co_await with_parallel_scope([&](parallel_scope& s) -> task<> {
          for (int i = 0; i < 16; ++i) s.spawn(resolve_again_and_again(50, answered));
          co_return;
        });
      }(answered),
      multi_thread(3));
  EXPECT_EQ(answered, 16 * 50);
}

TEST(lookup_threads, cancels_come_while_answers_do) {
  for (int round = 0; round < 50; ++round) {
    run(
        [](int round) -> task<> {
          std::atomic<int> answered{0};
          co_await with_parallel_scope([&](parallel_scope& s) -> task<> {
            for (int i = 0; i < 8; ++i) s.spawn(ask_again_and_again(1'000, answered));
            co_await sleep_for(duration::microseconds(20L * round));
            s.cancel();
          });
        }(round),
        multi_thread(3));
  }
}

}  // namespace
}  // namespace rondo::testing

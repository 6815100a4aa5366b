// The end of a program whose tasks move: asked for on one worker, and what the report says of those
// that are on others.
#include <gtest/gtest.h>

#include <string>

#include <rondo/async/graceful_shutdown.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/parallel_scope.hpp>

#include "runtime/crews.hpp"

namespace rondo {
namespace {

using shutdown_of_a_crew = testing::crew_test;

INSTANTIATE_TEST_SUITE_P(Crews, shutdown_of_a_crew, ::testing::ValuesIn(testing::crews_of({2})),
                         testing::crew_name);

task<> sleep_for_ever() {
  co_await sleep_for(duration::max());
}

TEST_P(shutdown_of_a_crew, names_the_scope_of_tasks_that_move_and_cancels_them) {
  std::string told;
  auto body = [&]() -> task<> {
    loop& here = co_await this_loop();
    shutdown_options limits;
    limits.drain_limit = duration::milliseconds(5);
    limits.on_report = [&](const shutdown_report& r) { told += to_string(r) + '\n'; };
    graceful_shutdown ending(here, std::move(limits));
    auto many = [&]() -> task<> {
      co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
        for (int i = 0; i < 20; ++i) all.spawn(sleep_for_ever());
        ending.begin("enough");
        co_return;
      });
    };
    const bool by_itself = co_await ending.run(many());
    EXPECT_FALSE(by_itself);
  };
  run_here(body());
  EXPECT_NE(told.find("tasks of a parallel scope"), std::string::npos) << told;
  EXPECT_NE(told.find("ended after"), std::string::npos) << told;
}

}  // namespace
}  // namespace rondo

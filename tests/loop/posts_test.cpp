#include <atomic>
#include <latch>
#include <thread>

#include "loop/fixture.hpp"

namespace {

using namespace rondo;
using namespace rondo::testing;

class posts : public loop_test {};

TEST_F(posts, before_run_are_called_by_it) {
  l.post(says("a"));
  l.post(says("b"));
  EXPECT_TRUE(l.is_alive());
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("a", "b"));
  EXPECT_THAT(io->waits, ElementsAre(duration())) << "nothing to wait for";
}

TEST_F(posts, during_run_come_in_the_poll_phase_of_the_same_turn) {
  l.call_later(0ms, [this] {
    l.post(says("post"));
    l.call_soon(says("pending"));
    l.set_immediate(says("immediate"));
  });
  l.run();
  EXPECT_THAT(log, ElementsAre("pending", "post", "immediate"));
}

TEST_F(posts, while_the_loop_sleeps_wake_it_once) {
  const handle_id held = l.hold();
  io->script = {[this] {
                  for (int i = 0; i < 100; ++i) l.post(says("post"));
                },
                [&] { l.post([&] { l.clear(held); }); }};
  l.run();
  EXPECT_EQ(log.size(), 100u);
  EXPECT_EQ(io->wakes, 2);
  EXPECT_THAT(io->waits, ElementsAre(duration::max(), duration::max()));
}

TEST_F(posts, while_the_loop_is_awake_wake_nobody) {
  l.post([] {});
  l.set_immediate([this] { l.post(says("from an immediate")); });
  l.run();
  EXPECT_EQ(io->wakes, 0);
  EXPECT_THAT(log, ElementsAre("from an immediate"));
}

TEST_F(posts, of_jobs_stay_where_they_are) {
  struct counting_job : job {
    int calls = 0;
  } own;
  own.run = [](job& j) { ++static_cast<counting_job&>(j).calls; };
  l.post_job(own);
  l.run();
  l.post_job(own);
  l.run();
  EXPECT_EQ(own.calls, 2);
}

TEST_F(posts, are_not_lost_when_the_loop_is_stopped_or_fails) {
  l.post([this] {
    l.post(says("next turn"));
    l.stop();
  });
  EXPECT_TRUE(l.run());
  EXPECT_THAT(log, IsEmpty());
  l.post([] { throw std::runtime_error("post"); });
  l.post(says("behind the one that throws"));
  EXPECT_THROW(l.run(), std::runtime_error);
  EXPECT_THAT(log, ElementsAre("next turn"));
  EXPECT_TRUE(l.is_alive());
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("next turn", "behind the one that throws"));
}

}  // namespace

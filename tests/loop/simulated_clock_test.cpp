#include "loop/fixture.hpp"

namespace {

using namespace rondo;
using namespace rondo::testing;

class simulated : public ::testing::Test {
 protected:
  static loop_options options(rondo::clock& time) {
    loop_options o;
    o.time = &time;
    return o;
  }
  simulated_clock time;
  loop l{options(time)};  // on a real backend
  std::vector<std::string> log;
};

TEST_F(simulated, hours_take_no_time_and_keep_their_order) {
  const instant begin = real_clock().now();
  l.set_timeout(2h, [&] { log.push_back("2h at " + std::to_string(l.now().count_ns())); });
  l.set_timeout(1h, [&] { log.push_back("1h at " + std::to_string(l.now().count_ns())); });
  int rounds = 0;
  handle_id every;
  every = l.set_interval(1min, [&] {
    if (++rounds == 150) l.clear(every);
  });
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("1h at 3600000000000", "2h at 7200000000000"));
  EXPECT_EQ(rounds, 150);
  EXPECT_EQ(time.now(), instant() + 150min);
  EXPECT_LT(real_clock().now() - begin, duration(1min));
}

TEST_F(simulated, time_does_not_jump_while_anything_is_ready) {
  l.set_timeout(1h, [&] { log.push_back("timer"); });
  int left = 3;
  unique_function<void()> again = [&] {
    EXPECT_EQ(l.now(), instant());
    log.push_back("ready");
    if (--left > 0) l.set_immediate([&] { again(); });
  };
  l.set_immediate([&] { again(); });
  l.post([&] { log.push_back("post"); });
  l.run();
  EXPECT_THAT(log, ElementsAre("post", "ready", "ready", "ready", "timer"));
}

TEST_F(simulated, run_once_and_nowait_mean_the_same) {
  l.set_timeout(1h, [&] { log.push_back("1h"); });
  l.set_timeout(2h, [&] { log.push_back("2h"); });
  EXPECT_TRUE(l.run(run_mode::nowait));
  EXPECT_THAT(log, IsEmpty());
  EXPECT_TRUE(l.run(run_mode::once));
  EXPECT_THAT(log, ElementsAre("1h"));
  EXPECT_FALSE(l.run(run_mode::once));
  EXPECT_THAT(log, ElementsAre("1h", "2h"));
}

}  // namespace

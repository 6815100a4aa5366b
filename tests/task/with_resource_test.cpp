// What was acquired is released, on every way out.
#include <rondo/task/with_resource.hpp>

#include <gtest/gtest.h>

#include <memory>

#include <rondo/async/timeout.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::task;
using rondo::with_resource;
using rondo::testing::lines;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

struct connection {
  int number;
};

task<connection> connect(lines& log) {
  co_await rondo::sleep_for(1s);
  log.push_back("connected");
  const connection c{7};
  co_return c;
}

task<> quit(connection& c, lines& log) {
  co_await rondo::sleep_for(1s);
  log.push_back("released " + std::to_string(c.number));
}

TEST(with_resource, releases_after_the_use) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const auto use = [](connection& c) -> task<int> {
      co_await rondo::sleep_for(1s);
      co_return c.number * 2;
    };
    const auto release = [&log](connection& c) -> task<> { co_await quit(c, log); };
    const int result = co_await with_resource(connect(log), use, release);
    EXPECT_EQ(result, 14);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 3000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"connected", "released 7"}));
}

TEST(with_resource, releases_after_a_failure_and_keeps_both) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const auto use = [](connection&) -> task<> { co_await rondo::testing::fail_after(1s, "use"); };
    const auto release = [&log](connection& c) -> task<> { co_await quit(c, log); };
    const std::string one = co_await outcome_of(with_resource(connect(log), use, release));
    EXPECT_EQ(one, "use");
    const auto failing_release = [](connection&) { throw std::runtime_error("release"); };
    const std::string both = co_await outcome_of(with_resource(connect(log), use, failing_release));
    EXPECT_EQ(both, "2 tasks failed: use; release");
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"connected", "released 7", "connected"}));
}

TEST(with_resource, has_nothing_to_release_where_it_acquired_nothing) {
  struct local {
    static task<int> refused() {
      co_await rondo::testing::fail_after(1s, "refused");
      co_return 0;
    }
    static task<> main() {
      bool released = false;
      const auto use = [](int&) -> task<> { co_return; };
      const std::string outcome = co_await outcome_of(
          with_resource(refused(), use, [&released](int&) { released = true; }));
      EXPECT_EQ(outcome, "refused");
      EXPECT_FALSE(released);
    }
  };
  run_simulated(local::main());
}

TEST(with_resource, releases_at_its_leisure_when_cancelled) {
  for (const auto when : {1500ms, 1000ms}) {  // during the use, and in the instant of its begin
    lines log;
    const auto main = [](lines& log, rondo::duration when) -> task<> {
      const auto use = [](connection&) -> task<> { co_await rondo::sleep_for(1h); };
      const auto release = [&log](connection& c) -> task<> { co_await quit(c, log); };
      const std::string outcome =
          co_await outcome_of(rondo::with_timeout(when, with_resource(connect(log), use, release)));
      EXPECT_TRUE(outcome.starts_with("with_timeout: ")) << outcome;
    };
    run_simulated(main(log, when));
    EXPECT_TRUE(log.empty() || log == (lines{"connected", "released 7"}));
  }
}

TEST(with_resource, takes_what_can_only_be_moved_and_what_is_referred_to) {
  struct local {
    static task<std::unique_ptr<int>> own() { co_return std::make_unique<int>(3); }
    static task<int&> refer(int& n) { co_return n; }
    static task<> main() {
      const auto use = [](std::unique_ptr<int>& p) -> task<std::unique_ptr<int>> {
        co_return std::make_unique<int>(*p + 1);
      };
      const std::unique_ptr<int> next =
          co_await with_resource(own(), use, [](std::unique_ptr<int>&) {});
      EXPECT_EQ(*next, 4);
      int n = 1;
      const auto same = [](int& r) -> task<int&> { co_return r; };
      int& found = co_await with_resource(refer(n), same, [](int& r) { ++r; });
      EXPECT_EQ(&found, &n);
      EXPECT_EQ(n, 2);
    }
  };
  run_simulated(local::main());
}

}  // namespace

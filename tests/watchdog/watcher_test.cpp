// Who is watched, when, and by whom: the watcher's thread, its limits, and what is no stall.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <rondo/async/offload.hpp>
#include <rondo/async/run.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/watchdog/stall.hpp>

#include "support/stalls.hpp"

namespace rondo::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Where the kernel shows the watcher's thread; "" where there is none.
std::string watcher_thread() {
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream comm(each.path() / "comm");
    std::string name;
    if (std::getline(comm, name) && name == "rondo-watchdog") return each.path();
  }
  return "";
}

long switches_of(const std::string& thread) {
  std::ifstream status(thread + "/status");
  std::string line;
  long all = 0;
  while (std::getline(status, line)) {
    if (line.find("ctxt_switches") != std::string::npos) {
      all += std::stol(line.substr(line.find(':') + 1));
    }
  }
  return all;
}

class environment {
 public:
  explicit environment(const char* ms) { setenv("RONDO_STALL_MS", ms, 1); }
  environment(const environment&) = delete;
  ~environment() { unsetenv("RONDO_STALL_MS"); }
};

TEST(watcher, is_there_while_a_loop_with_a_limit_is) {
  EXPECT_EQ(watcher_thread(), "");
  {
    loop l(with_short_limit());
    EXPECT_EQ(watcher_thread(), "");  // it has not run yet
    l.set_timeout(1ms, [] { EXPECT_NE(watcher_thread(), ""); });
    l.run();
    loop other(with_short_limit());
    other.run();
  }
  EXPECT_EQ(watcher_thread(), "");
}

TEST(watcher, is_not_there_without_a_limit) {
  loop_options options;
  options.stall_limit = duration();
  loop l(std::move(options));
  l.set_timeout(1ms, [] { EXPECT_EQ(watcher_thread(), ""); });
  l.run();
}

TEST(watcher, is_not_there_in_simulated_time) {
  simulated_clock time;
  loop_options options = with_short_limit();
  options.time = &time;
  loop l(std::move(options));
  l.set_timeout(1h, [] { EXPECT_EQ(watcher_thread(), ""); });
  l.run();
}

TEST(watcher, heeds_the_environment_before_the_program) {
  const stalls_seen seen;
  {
    const environment set("5");
    loop_options options;
    options.stall_limit = duration();
    loop l(std::move(options));
    l.set_timeout(1ms, [&] { spin_until_told(seen, 1); });
    l.run();
    EXPECT_EQ(seen.begun(0).limit, duration(5ms));
  }
  const environment set("0");
  loop l(with_short_limit());
  l.set_timeout(1ms, [] { EXPECT_EQ(watcher_thread(), ""); });
  l.run();
}

TEST(watcher, takes_no_notice_of_an_environment_that_is_no_number) {
  const environment set("soon");
  const stalls_seen seen;
  loop l(with_short_limit());
  l.set_timeout(1ms, [&] { spin_until_told(seen, 1); });
  l.run();
  EXPECT_EQ(seen.begun(0).limit, short_limit());
}

TEST(watcher, does_not_wake_while_all_loops_sleep) {
  const stalls_seen seen;
  loop l(with_short_limit());
  const handle_id held = l.hold();
  std::thread sleeps([&] { l.run(); });
  while (watcher_thread().empty()) std::this_thread::yield();
  const std::string thread = watcher_thread();
  // It looks a few times more until it knows, and then stays where it is for many looks.
  long before = 0;
  do {
    before = switches_of(thread);
    std::this_thread::sleep_for(400ms);
  } while (switches_of(thread) != before);
  // And yet it is there again when a loop is.
  l.post([&] {
    spin_until_told(seen, 1);
    l.clear(held);
  });
  sleeps.join();
  EXPECT_EQ(seen.count(), 1U);
}

TEST(watcher, does_not_mind_work_on_the_pool) {
  const stalls_seen seen;
  const auto main = []() -> task<> { co_await offload([] { std::this_thread::sleep_for(50ms); }); };
  run(main(), with_short_limit());
  EXPECT_EQ(seen.count(), 0U);
}

TEST(watcher, does_not_mind_many_calls_within_the_limit) {
  const stalls_seen seen;
  loop_options options;
  options.stall_limit = duration::seconds(20);
  loop l(std::move(options));
  int left = 10'000;
  handle_id idle;
  idle = l.add_idle([&] {
    if (--left == 0) l.clear(idle);
  });
  l.run();
  EXPECT_EQ(seen.count(), 0U);
}

TEST(watcher, sees_each_of_several_loops) {
  const stalls_seen seen;
  const auto runs = [&](const char* name) {
    loop_options options = with_short_limit();
    options.recorded_as = name;
    loop l(std::move(options));
    l.set_timeout(1ms, [&] { spin_until_told(seen, 2); });
    l.run();
  };
  std::thread one(runs, "one"), two(runs, "two");
  one.join();
  two.join();
  EXPECT_NE(seen.begun(0).loop, seen.begun(1).loop);
  EXPECT_NE(seen.begun(0).thread, seen.begun(1).thread);
}

TEST(watcher, begins_anew_in_a_child_of_a_fork) {
  if (default_stall_limit() > duration(100ms)) GTEST_SKIP() << "sanitizers don't fork with threads";
  loop l(with_short_limit());
  l.set_timeout(1ms, [] {});
  l.run();  // from here on there is a thread, which a child does not have
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    const stalls_seen seen;
    loop in_child(with_short_limit());
    in_child.set_timeout(1ms, [&] { spin_until_told(seen, 1); });
    in_child.run();
    _exit(seen.count() == 1 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

/// Uses the processor, whoever else wants it, for so long.
void compute_for(duration d) {
  const auto used = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  for (const double begun = used(); used() - begun < d.count_seconds();) {
  }
}

TEST(report, goes_to_standard_error_ten_times_a_minute) {
  ::testing::internal::CaptureStderr();
  {
    loop l(with_short_limit());
    int left = 14;
    handle_id every;
    every = l.set_interval(1ms, [&] {
      compute_for(short_limit() * 2);
      if (--left == 0) l.clear(every);
    });
    l.run();
  }
  const std::string text = ::testing::internal::GetCapturedStderr();
  std::size_t reports = 0;
  for (std::size_t at = 0; (at = text.find("is held up", at)) != text.npos; ++at) ++reports;
  EXPECT_GE(reports, 1U);
  EXPECT_LE(reports, 10U);
  if (!signals_are_late) EXPECT_THAT(text, HasSubstr("interval, made at watcher_test.cpp:"));
  EXPECT_THAT(text, HasSubstr("goes on: it lasted "));
}

}  // namespace
}  // namespace rondo::testing

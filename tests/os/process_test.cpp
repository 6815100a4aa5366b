// What only shows below the rooms that use it: what a start leaves of the process that made it, and
// what becomes of a child that somebody else has reaped.
#include <rondo/os/process.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <rondo/os/errors.hpp>
#include <rondo/os/pipe.hpp>
#include <rondo/os/signals.hpp>

namespace rondo::os {
namespace {

/// /bin/sh with a script of a few words, and all that a plan points to.
class shell {
 public:
  explicit shell(const char* text) : arguments_{"sh", "-c", text, nullptr} {
    plan.programs = programs_;
    plan.arguments = arguments_;
    plan.environment = environment();
  }
  shell(const shell&) = delete;

  spawn_plan plan;

 private:
  const char* programs_[2] = {"/bin/sh", nullptr};
  const char* arguments_[4];
};

int exit_code_of(const char* text) {
  const shell s(text);
  spawned made;
  if (const int failure = spawn(s.plan, made); failure < 0) return failure;
  process_end end;
  const int outcome = reap(made.pidfd.get(), true, end);
  return outcome < 0 ? outcome : end.number;
}

TEST(OsProcess, HandsOutAPidfdAndTheEnd) {
  pipe_ends in;
  ASSERT_EQ(open_pipe(in), 0);
  shell reading("read line; exit 3");
  const passed_descriptor passed[] = {{in.read.get(), 0}};
  reading.plan.descriptors = passed;
  spawned made;
  ASSERT_EQ(spawn(reading.plan, made), 0);
  EXPECT_EQ(fcntl(made.pidfd.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(kill(made.id, 0), 0);
  process_end end;
  EXPECT_EQ(reap(made.pidfd.get(), false, end), would_block);
  in.read.reset();
  in.write.reset();
  EXPECT_EQ(reap(made.pidfd.get(), true, end), 0);
  EXPECT_FALSE(end.by_signal);
  EXPECT_EQ(end.number, 3);
  EXPECT_EQ(signal_process(made.pidfd.get(), SIGTERM), -ESRCH);
}

TEST(OsProcess, LeavesTheCallerAsItWas) {
  const signal_mask mask = block_signals(0);
  const auto handler = std::signal(SIGUSR1, [](int) {});
  const mode_t bits = umask(022);
  umask(bits);
  shell s("exit 0");
  s.plan.umask = 0777;
  s.plan.directory = "/";
  s.plan.new_session = true;
  spawned made;
  ASSERT_EQ(spawn(s.plan, made), 0);
  process_end end;
  EXPECT_EQ(reap(made.pidfd.get(), true, end), 0);
  EXPECT_EQ(end.number, 0);
  EXPECT_EQ(block_signals(0), mask);
  EXPECT_NE(std::signal(SIGUSR1, handler), SIG_DFL);
  const mode_t now = umask(bits);
  EXPECT_EQ(now, bits);
}

/// A child that changes its user in our memory would take from us the right to dump core.
TEST(OsProcess, StaysDumpableWhereTheChildChangesItsUser) {
  if (geteuid() != 0) GTEST_SKIP() << "changing the user takes privilege";
  ASSERT_EQ(prctl(PR_GET_DUMPABLE), 1);
  shell s("test $(id -u) = 65534 && test $(id -g) = 65533 && test \"$(id -G)\" = '65533 7'");
  const std::uint32_t groups[] = {7};
  s.plan.user = 65534;
  s.plan.group = 65533;
  s.plan.groups = groups;
  spawned made;
  ASSERT_EQ(spawn(s.plan, made), 0);
  process_end end;
  EXPECT_EQ(reap(made.pidfd.get(), true, end), 0);
  EXPECT_EQ(end.number, 0);
  EXPECT_EQ(prctl(PR_GET_DUMPABLE), 1);
  // And a failure is told across the border of the two memories.
  s.plan.directory = "/no/such/folder";
  EXPECT_EQ(spawn(s.plan, made), -ENOENT);
  EXPECT_EQ(made.failed_at, spawn_step::directory);
}

TEST(OsProcess, NamesTheStepThatFailed) {
  spawned made;
  shell s("exit 0");
  const passed_descriptor closed[] = {{1'000'000, 5}};
  s.plan.descriptors = closed;
  EXPECT_EQ(spawn(s.plan, made), -EBADF);
  EXPECT_EQ(made.failed_at, spawn_step::descriptors);
  const passed_descriptor too_high[] = {{0, 100'000'000}};
  s.plan.descriptors = too_high;
  EXPECT_LT(spawn(s.plan, made), 0);
  EXPECT_EQ(made.failed_at, spawn_step::descriptors);
  s.plan.descriptors = {};
  const resource_limit upside_down[] = {{resource::core_size, 2, 1}};
  s.plan.limits = upside_down;
  EXPECT_EQ(spawn(s.plan, made), -EINVAL);
  EXPECT_EQ(made.failed_at, spawn_step::limits);
  s.plan.limits = {};
  s.plan.parent_death_signal = 1000;
  EXPECT_EQ(spawn(s.plan, made), -EINVAL);
  EXPECT_EQ(made.failed_at, spawn_step::parent_death_signal);
  s.plan.parent_death_signal = 0;
  const char* const nowhere[] = {"/no/such", "/etc/passwd", "/no/such/too", nullptr};
  s.plan.programs = nowhere;
  EXPECT_EQ(spawn(s.plan, made), -EACCES);  // the most telling one
  EXPECT_EQ(made.failed_at, spawn_step::execute);
  EXPECT_FALSE(made.pidfd);
}

TEST(OsProcess, KeepsTheNewsOfAChildThatSomebodyElseReaped) {
  const shell s("exit 6");
  spawned made;
  ASSERT_EQ(spawn(s.plan, made), 0);
  int status = 0;
  ASSERT_EQ(waitpid(made.id, &status, 0), made.id);
  process_end end;
  const int outcome = reap(made.pidfd.get(), true, end);
  if (outcome == 0) {  // Linux 6.15
    EXPECT_EQ(end.number, 6);
    EXPECT_FALSE(end.usage_known);
  } else {
    EXPECT_EQ(outcome, -ECHILD);
  }
}

/// Each thread blocks its signals, lends its memory and takes it back, while the others do.
TEST(OsProcess, StartsFromManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::vector<int> codes(4 * 25);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&codes, t] {
      for (int i = 0; i < 25; ++i) {
        const int n = 25 * t + i;
        codes[static_cast<std::size_t>(n)] = exit_code_of(("exit " + std::to_string(n)).c_str());
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (int n = 0; n < 100; ++n) EXPECT_EQ(codes[static_cast<std::size_t>(n)], n);
}

/// The handlers of a sanitizer, or of this test, must still be what they were: none of them may be
/// lost to the defaults that the child starts with.
TEST(OsProcess, TakesSignalsAsBeforeAfterManyStarts) {
  static volatile std::sig_atomic_t taken = 0;
  taken = 0;
  const auto before = std::signal(SIGUSR2, [](int) { taken = taken + 1; });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(exit_code_of("exit 0"), 0);
    std::raise(SIGUSR2);
  }
  EXPECT_EQ(taken, 20);
  std::signal(SIGUSR2, before);
}

}  // namespace
}  // namespace rondo::os

#include <rondo/os/signals.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include <rondo/os/errors.hpp>
#include <rondo/os/socket.hpp>

namespace rondo::os {
namespace {

constexpr signal_mask bit(int n) {
  return signal_mask{1} << (n - 1);
}

TEST(OsSignals, BlocksAndGivesBackWhatWasBlocked) {
  const signal_mask before = block_signals(0);
  EXPECT_EQ(block_signals(bit(SIGUSR1) | bit(SIGUSR2)), before);
  EXPECT_EQ(block_signals(0), before | bit(SIGUSR1) | bit(SIGUSR2));
  restore_signals(before);
  EXPECT_EQ(block_signals(0), before);
}

TEST(OsSignals, ListenersTakeWhatCameOneByOne) {
  signal_listener signals;
  ASSERT_EQ(signals.open(bit(SIGUSR1) | bit(SIGUSR2), true), 0);
  EXPECT_EQ(signals.take(), would_block);
  raise(SIGUSR2);
  raise(SIGUSR1);
  raise(SIGUSR1);  // one with the one before
  EXPECT_EQ(poll_one(signals.descriptor(), true, false, duration()), 1);
  EXPECT_EQ(signals.take(), SIGUSR1);
  EXPECT_EQ(signals.take(), SIGUSR2);
  EXPECT_EQ(signals.take(), would_block);
  EXPECT_EQ(poll_one(signals.descriptor(), true, false, duration()), 0);
}

/// What is left must be announced also where the look that drained the descriptor has found it.
TEST(OsSignals, StayReadableUntilAllAreTaken) {
  signal_listener signals;
  ASSERT_EQ(signals.open(bit(SIGUSR1) | bit(SIGUSR2), true), 0);
  raise(SIGUSR1);
  EXPECT_EQ(signals.take(), SIGUSR1);  // without a look at the descriptor, which stays readable
  EXPECT_EQ(signals.take(), would_block);
  raise(SIGUSR1);
  raise(SIGUSR2);
  EXPECT_EQ(signals.take(), SIGUSR1);
  EXPECT_EQ(poll_one(signals.descriptor(), true, false, duration()), 1);
  EXPECT_EQ(signals.take(), SIGUSR2);
}

TEST(OsSignals, EachListenerHearsAndTheLastRestores) {
  static int handled;
  handled = 0;
  struct sigaction own = {};
  own.sa_handler = [](int) { ++handled; };
  struct sigaction before;
  ASSERT_EQ(sigaction(SIGUSR1, &own, &before), 0);
  {
    signal_listener one;
    ASSERT_EQ(one.open(bit(SIGUSR1), true), 0);
    {
      signal_listener two;
      signal_listener deaf;
      ASSERT_EQ(two.open(bit(SIGUSR1) | bit(SIGUSR2), true), 0);
      ASSERT_EQ(deaf.open(bit(SIGUSR1), false), 0);
      raise(SIGUSR1);
      EXPECT_EQ(one.take(), SIGUSR1);
      EXPECT_EQ(two.take(), SIGUSR1);
    }
    raise(SIGUSR1);
    EXPECT_EQ(one.take(), SIGUSR1);
    EXPECT_EQ(handled, 0);
  }
  raise(SIGUSR1);
  EXPECT_EQ(handled, 1);
  sigaction(SIGUSR1, &before, nullptr);
}

TEST(OsSignals, CannotAllBeTaken) {
  signal_listener signals;
  for (const int number : {SIGKILL, SIGSTOP, SIGSEGV, SIGABRT}) {
    EXPECT_EQ(to_errc(signals.open(bit(number) | bit(SIGUSR1), true)), errc::invalid_argument);
  }
  struct sigaction now;
  sigaction(SIGUSR1, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

/// They come on any thread while listeners come and go on others.
TEST(OsSignals, ListenersMayComeAndGoWhileSignalsDo) {
  signal_listener always;
  ASSERT_EQ(always.open(bit(SIGUSR1), true), 0);
  std::atomic<bool> done = false;
  std::thread sender([&] {
    while (!done) kill(getpid(), SIGUSR1);
  });
  int heard = 0;
  for (int i = 0; i < 2'000 || heard == 0; ++i) {
    signal_listener brief;
    ASSERT_EQ(brief.open(bit(SIGUSR1) | bit(SIGUSR2), true), 0);
    if (brief.take() == SIGUSR1) ++heard;
  }
  done = true;
  sender.join();
  EXPECT_EQ(always.take(), SIGUSR1);
}

TEST(OsSignals, HaveNames) {
  EXPECT_EQ(signal_name(SIGTERM), "SIGTERM");
  EXPECT_EQ(signal_name(42), "signal 42");
}

}  // namespace
}  // namespace rondo::os

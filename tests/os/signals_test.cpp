#include <rondo/os/signals.hpp>

#include <gtest/gtest.h>

#include <csignal>

#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>

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

TEST(OsSignals, TakesWhatPendsOneByOne) {
  const signal_mask which = bit(SIGUSR1) | bit(SIGUSR2);
  const signal_mask before = block_signals(which);
  for (const bool nonblocking : {true, false}) {
    const fd signals(open_signals(which, nonblocking));
    ASSERT_TRUE(signals);
    EXPECT_EQ(take_signal(signals.get()), would_block);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);  // merged with the one that pends
    EXPECT_EQ(take_signal(signals.get()) + take_signal(signals.get()), SIGUSR1 + SIGUSR2);
    EXPECT_EQ(take_signal(signals.get()), would_block);
  }
  restore_signals(before);
}

TEST(OsSignals, HaveNames) {
  EXPECT_EQ(signal_name(SIGTERM), "SIGTERM");
  EXPECT_EQ(signal_name(42), "signal 42");
}

}  // namespace
}  // namespace rondo::os

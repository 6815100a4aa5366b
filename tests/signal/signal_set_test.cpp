#include <rondo/signal/signal_set.hpp>

#include <csignal>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

class signal_set_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, signal_set_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

task<> raise_soon(int number) {
  co_await sleep_for(duration::milliseconds(1));
  std::raise(number);
}

TEST_P(signal_set_test, yields_signals_before_and_during_the_wait) {
  play([](loop& l) -> task<> {
    signal_set signals(l, {SIGUSR1, SIGUSR2});
    std::raise(SIGUSR1);
    EXPECT_EQ(co_await signals.next(), SIGUSR1);
    for (const int number : {SIGUSR2, SIGUSR1}) {
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn(raise_soon(number));
        EXPECT_EQ(co_await signals.next(), number);
      });
    }
  }(l));
}

TEST_P(signal_set_test, loses_nothing_to_a_cancel) {
  play([](loop& l) -> task<> {
    signal_set signals(l, {SIGUSR1});
    const errc ended =
        co_await thrown_by(limited(duration::milliseconds(1), [](signal_set& s) -> task<> {
          static_cast<void>(co_await s.next());
        }(signals)));
    EXPECT_EQ(ended, errc::timed_out);
    std::raise(SIGUSR1);
    const auto got = co_await signals.next().as_result();
    EXPECT_EQ(got.value_or(0), SIGUSR1);
  }(l));
}

/// A signal that nobody has taken must not end the process when the set goes.
TEST_P(signal_set_test, drops_what_still_pends_at_its_end) {
  play([](loop& l) -> task<> {
    const os::signal_mask before = os::block_signals(0);
    {
      const signal_set signals(l, {SIGUSR1, SIGTERM});
      std::raise(SIGTERM);
      std::raise(SIGUSR1);
    }
    EXPECT_EQ(os::block_signals(0), before);
    co_return;
  }(l));
}

}  // namespace
}  // namespace rondo::testing

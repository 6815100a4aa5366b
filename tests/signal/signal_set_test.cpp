#include <rondo/signal/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <thread>

#include <rondo/signal/ignored_signals.hpp>
#include <rondo/signal/signal_handler.hpp>

#include "net/net_fixture.hpp"
#include "support/cancels_met.hpp"

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

/// What a program finds as its handler of SIGUSR1.
auto disposition() {
  struct sigaction now;
  sigaction(SIGUSR1, nullptr, &now);
  return now.sa_handler;
}

TEST_P(signal_set_test, restores_and_drops_what_still_pends_at_its_end) {
  play([](loop& l) -> task<> {
    {
      const signal_set signals(l, {SIGUSR1, SIGTERM});
      EXPECT_NE(disposition(), SIG_DFL);
      std::raise(SIGTERM);
      std::raise(SIGUSR1);
    }
    EXPECT_EQ(disposition(), SIG_DFL);
    co_return;
  }(l));
}

TEST_P(signal_set_test, several_sets_hear_of_one_signal) {
  play([](loop& l) -> task<> {
    signal_set one(l, {SIGUSR1});
    const auto hears = [](signal_set& s) -> task<int> { co_return co_await s.next(); };
    {
      signal_set two(l, {SIGUSR2, SIGUSR1});
      const auto [first, second, none] =
          co_await when_all(hears(one), hears(two), raise_soon(SIGUSR1));
      EXPECT_EQ(first, SIGUSR1);
      EXPECT_EQ(second, SIGUSR1);
      static_cast<void>(none);
    }
    const auto [again, none] = co_await when_all(hears(one), raise_soon(SIGUSR1));
    EXPECT_EQ(again, SIGUSR1);
    static_cast<void>(none);
  }(l));
}

/// The kernel gives a signal of the process to any thread that doesn't block it.
TEST_P(signal_set_test, hears_of_signals_that_other_threads_get) {
  play([](loop& l) -> task<> {
    signal_set signals(l, {SIGUSR1});
    std::thread other([] { std::raise(SIGUSR1); });
    EXPECT_EQ(co_await signals.next(), SIGUSR1);
    other.join();
  }(l));
}

TEST_P(signal_set_test, a_wait_leaves_and_throws_again) {
  play([](loop& l) -> task<> {
    signal_set signals(l, {SIGUSR1});
    const auto next = [&]() -> task<> { static_cast<void>(co_await signals.next()); };
    EXPECT_EQ(co_await cancels_met(next), 2);
  }(l));
}

TEST_P(signal_set_test, says_what_can_not_be_taken) {
  try {
    const signal_set signals(l, {SIGUSR1, SIGKILL});
    ADD_FAILURE() << "taken";
  } catch (const error& e) {
    EXPECT_EQ(std::string(e.what()),
              "listen to SIGUSR1, SIGKILL: Invalid argument (EINVAL); SIGKILL, SIGSTOP and the "
              "signals of faults can't be taken");
  }
  EXPECT_THROW(signal_set(l, {65}), error);
  EXPECT_EQ(disposition(), SIG_DFL);
}

/// Neither the mask nor what is ignored goes on to a program; not even to one that others start.
TEST_P(signal_set_test, leaves_the_programs_alone_that_are_started) {
  const signal_set signals(l, {SIGUSR1});
  const ignored_signals none({SIGUSR2});
  FILE* const program = popen("grep -E '^Sig(Blk|Ign)' /proc/self/status", "r");
  ASSERT_NE(program, nullptr);
  std::string said(200, '\0');
  said.resize(fread(said.data(), 1, said.size(), program));
  EXPECT_EQ(pclose(program), 0);
  for (const int number : {SIGUSR1, SIGUSR2}) {
    for (const char* field : {"SigBlk:\t", "SigIgn:\t"}) {
      const auto mask = std::stoull(said.substr(said.find(field) + 8), nullptr, 16);
      EXPECT_EQ(mask >> (number - 1) & 1, 0U) << said;
    }
  }
}

TEST_P(signal_set_test, ignores_without_a_listener_and_beside_one) {
  const ignored_signals none({SIGUSR1, SIGPIPE});
  std::raise(SIGUSR1);  // and lives
  std::raise(SIGPIPE);
  play([](loop& l) -> task<> {
    signal_set signals(l, {SIGUSR1});
    std::raise(SIGUSR1);
    EXPECT_EQ(co_await signals.next(), SIGUSR1);
  }(l));
}

TEST_P(signal_set_test, calls_back) {
  std::vector<int> called;
  signal_handler handler(l, {SIGUSR1, SIGUSR2}, [&](int number) { called.push_back(number); });
  EXPECT_FALSE(l.run());  // it does not keep the loop alive
  std::raise(SIGUSR2);
  std::raise(SIGUSR1);
  handler.ref();
  while (called.size() < 2) l.run(run_mode::once);
  EXPECT_EQ(called, (std::vector<int>{SIGUSR1, SIGUSR2}));
  std::raise(SIGUSR1);
  while (called.size() < 3) l.run(run_mode::once);
  handler.unref();
  EXPECT_FALSE(l.run());
}

TEST_P(signal_set_test, a_handler_may_end_itself_and_throw) {
  std::optional<signal_handler> handler;
  int calls = 0;
  int failures = 0;
  l.on_uncaught([&](const std::exception_ptr&) { ++failures; });
  const auto hold = l.hold();
  handler.emplace(l, std::initializer_list<int>{SIGUSR1, SIGUSR2}, [&](int) {
    ++calls;
    if (calls == 1) throw std::runtime_error("first");
    handler.reset();
    l.clear(hold);
  });
  std::raise(SIGUSR1);
  std::raise(SIGUSR2);
  l.run();
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(disposition(), SIG_DFL);
}

}  // namespace
}  // namespace rondo::testing

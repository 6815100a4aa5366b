// The cancellation contract of each await, and what a close or the end of the owner does to it.
#include <csignal>
#include <optional>

#include "process/process_fixture.hpp"

namespace rondo::testing {
namespace {

class process_cancel_test : public process_test {};
INSTANTIATE_TEST_SUITE_P(backends, process_cancel_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

/// Two ends of a pipe, both on the loop.
struct both_pipe_ends {
  pipe_reader out;
  pipe_writer in;
};

both_pipe_ends make_pipe(loop& l) {
  os::pipe_ends ends;
  EXPECT_EQ(os::open_pipe(ends), 0);
  return {pipe_reader(l, std::move(ends.read)), pipe_writer(l, std::move(ends.write))};
}

/// Cancels `work` while it waits; then each further await of that line must meet the cancel again.
template <class Make>
task<int> cancels_met(Make make) {
  int met = 0;
  auto body = [&](scope& s) -> task<> {
    auto twice = [&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        try {
          co_await make();
        } catch (const cancelled&) {
          ++met;
        }
      }
    };
    s.spawn(twice());
    co_await sleep_for(duration::milliseconds(2));
    s.cancel();
  };
  co_await with_scope(body);
  co_return met;
}

TEST_P(process_cancel_test, every_await_leaves_and_throws_again) {
  play([](loop& l) -> task<> {
    process p = co_await process::start(process_options("sleep").argument("1000"));
    both_pipe_ends pipe = make_pipe(l);
    const auto wait = [&]() -> task<> { static_cast<void>(co_await p.wait()); };
    const auto read = [&]() -> task<> {
      std::array<std::byte, 10> into;
      static_cast<void>(co_await pipe.out.read(into));
    };
    const auto read_all = [&]() -> task<> { static_cast<void>(co_await pipe.out.read_all()); };
    const auto write = [&]() -> task<> { co_await pipe.in.write_all(numbered_text(1'000'000)); };
    EXPECT_EQ(co_await cancels_met(wait), 2);
    EXPECT_EQ(co_await cancels_met(read), 2);
    EXPECT_EQ(co_await cancels_met(read_all), 2);
    EXPECT_EQ(co_await cancels_met(write), 2);
  }(l));
}

TEST_P(process_cancel_test, nothing_is_started_by_a_line_that_is_cancelled) {
  play([]() -> task<> {
    std::optional<errc> looked;
    auto body = [&](scope& s) -> task<> {
      s.cancel();
      const auto outcome = co_await process::start(process_options("true")).as_result();
      looked = outcome ? errc::ok : outcome.error().code();
      static_cast<void>(co_await process::start(process_options("true")));
      ADD_FAILURE() << "started";
    };
    co_await with_scope(body);
    EXPECT_EQ(looked, errc::cancelled);
  }());
}

TEST_P(process_cancel_test, a_read_that_is_cancelled_takes_nothing) {
  play([](loop& l) -> task<> {
    both_pipe_ends pipe = make_pipe(l);
    std::array<std::byte, 10> into;
    const auto late = co_await within(duration::milliseconds(1), pipe.out.read(into));
    EXPECT_FALSE(late);
    co_await pipe.in.write_all("kept");
    EXPECT_EQ(co_await pipe.out.read(into), 4U);
  }(l));
}

/// The news and the cancel come in the same turn: what was granted first is kept.
TEST_P(process_cancel_test, an_end_that_was_heard_of_outlives_a_cancel) {
  play([]() -> task<> {
    process p = co_await process::start(process_options("true"));
    EXPECT_TRUE((co_await p.wait()).success());
    const auto again = co_await within(duration(), p.wait());
    EXPECT_TRUE(again);
  }());
}

TEST_P(process_cancel_test, a_close_ends_the_awaits_on_it) {
  play([](loop& l) -> task<> {
    both_pipe_ends pipe = make_pipe(l);
    const auto read = [](pipe_reader& from) -> task<errc> {
      std::array<std::byte, 10> into;
      const auto outcome = co_await from.read(into).as_result();
      co_return outcome ? errc::ok : outcome.error().code();
    };
    const auto write = [](pipe_writer& to) -> task<errc> {
      const std::string much = numbered_text(1'000'000);
      const auto outcome = co_await to.write_all(much).as_result();
      co_return outcome ? errc::ok : outcome.error().code();
    };
    const auto close = [](pipe_end& end) -> task<> {
      co_await yield_now();
      end.close();
    };
    const auto [read_ended, c1] = co_await when_all(read(pipe.out), close(pipe.out));
    EXPECT_EQ(read_ended, errc::closed);
    EXPECT_EQ(co_await read(pipe.out), errc::closed);
    both_pipe_ends full = make_pipe(l);
    const auto [write_ended, c2] = co_await when_all(write(full.in), close(full.in));
    EXPECT_EQ(write_ended, errc::closed);
    static_cast<void>(c1);
    static_cast<void>(c2);
  }(l));
}

TEST_P(process_cancel_test, a_pipe_without_readers_is_broken) {
  play([](loop& l) -> task<> {
    both_pipe_ends pipe = make_pipe(l);
    pipe.out.close();
    const auto outcome = co_await pipe.in.write_all("lost").as_result();
    EXPECT_EQ(outcome.error().code(), errc::broken_pipe);
    // Also where it breaks while a writer waits.
    both_pipe_ends full = make_pipe(l);
    const std::string much = numbered_text(1'000'000);
    const auto write = [&]() -> task<errc> {
      const auto ended = co_await full.in.write_all(much).as_result();
      co_return ended ? errc::ok : ended.error().code();
    };
    const auto leave = [&]() -> task<> {
      co_await yield_now();
      full.out.close();
    };
    const auto [ended, none] = co_await when_all(write(), leave());
    EXPECT_EQ(ended, errc::broken_pipe);
    static_cast<void>(none);
  }(l));
}

/// One line waits, and the owner lets the process go: that kills it, which the other one hears.
TEST_P(process_cancel_test, the_end_of_the_owner_is_news_to_who_waits) {
  play([]() -> task<> {
    std::optional<process> p;
    p.emplace(co_await process::start(process_options("sleep").argument("1000")));
    const auto wait = [&]() -> task<std::string> {
      const exit_status s = co_await p->wait();
      co_return s.to_string();
    };
    const auto let_go = [&]() -> task<> {
      co_await yield_now();
      p.reset();
    };
    const auto [heard, none] = co_await when_all(wait(), let_go());
    EXPECT_EQ(heard, "killed by SIGKILL");
    static_cast<void>(none);
    const auto nobody = co_await process().wait().as_result();
    EXPECT_EQ(nobody.error().code(), errc::closed);
  }());
}

/// Two readers on one pipe: one of them finds it empty again, and goes on waiting.
TEST_P(process_cancel_test, two_readers_share_what_comes) {
  play([](loop& l) -> task<> {
    both_pipe_ends pipe = make_pipe(l);
    const auto read_one = [&]() -> task<std::size_t> {
      std::array<std::byte, 4> into;
      co_return co_await pipe.out.read(into);
    };
    const auto write = [&]() -> task<> {
      co_await yield_now();
      co_await pipe.in.write_all("abcd");
      co_await sleep_for(duration::milliseconds(1));
      co_await pipe.in.write_all("efg");
    };
    const auto [one, two, none] = co_await when_all(read_one(), read_one(), write());
    EXPECT_EQ(one + two, 7U);
    static_cast<void>(none);
  }(l));
}

}  // namespace
}  // namespace rondo::testing

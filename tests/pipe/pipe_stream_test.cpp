// Pipes: what passes through them, and the cancellation contract of each await on one.
#include <rondo/pipe/pipe_stream.hpp>

#include <array>

#include "net/net_fixture.hpp"
#include "support/cancels_met.hpp"

namespace rondo::testing {
namespace {

class pipe_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, pipe_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(pipe_test, hands_over_all_that_is_written) {
  play([]() -> task<> {
    pipe_ends pipe = co_await make_pipe();
    const std::string sent = numbered_text(1'000'000);  // more than any pipe holds
    const auto feed = [](pipe_writer to, const std::string& text) -> task<> {
      co_await to.write_all(text);
      to.close();  // and not when the group ends, which waits for the reader
    };
    const auto [none, got] =
        co_await when_all(feed(std::move(pipe.writer), sent), pipe.reader.read_all());
    static_cast<void>(none);
    EXPECT_EQ(got, sent);
  }());
}

TEST_P(pipe_test, every_await_leaves_and_throws_again) {
  play([]() -> task<> {
    pipe_ends pipe = co_await make_pipe();
    const auto read = [&]() -> task<> {
      std::array<std::byte, 10> into;
      static_cast<void>(co_await pipe.reader.read(into));
    };
    const auto read_all = [&]() -> task<> { static_cast<void>(co_await pipe.reader.read_all()); };
    const auto write = [&]() -> task<> {
      const std::string much = numbered_text(1'000'000);
      co_await pipe.writer.write_all(much);
    };
    EXPECT_EQ(co_await cancels_met(read), 2);
    EXPECT_EQ(co_await cancels_met(read_all), 2);
    EXPECT_EQ(co_await cancels_met(write), 2);
  }());
}

TEST_P(pipe_test, a_read_that_is_cancelled_takes_nothing) {
  play([]() -> task<> {
    pipe_ends pipe = co_await make_pipe();
    std::array<std::byte, 10> into;
    const auto late = co_await within(duration::milliseconds(1), pipe.reader.read(into));
    EXPECT_FALSE(late);
    co_await pipe.writer.write_all("kept");
    EXPECT_EQ(co_await pipe.reader.read(into), 4U);
  }());
}

TEST_P(pipe_test, a_close_ends_the_awaits_on_it) {
  play([]() -> task<> {
    pipe_ends pipe = co_await make_pipe();
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
    const auto [read_ended, c1] = co_await when_all(read(pipe.reader), close(pipe.reader));
    EXPECT_EQ(read_ended, errc::closed);
    EXPECT_EQ(co_await read(pipe.reader), errc::closed);
    pipe_ends full = co_await make_pipe();
    const auto [write_ended, c2] = co_await when_all(write(full.writer), close(full.writer));
    EXPECT_EQ(write_ended, errc::closed);
    static_cast<void>(c1);
    static_cast<void>(c2);
  }());
}

TEST_P(pipe_test, a_pipe_without_readers_is_broken) {
  play([]() -> task<> {
    pipe_ends pipe = co_await make_pipe();
    pipe.reader.close();
    const auto outcome = co_await pipe.writer.write_all("lost").as_result();
    EXPECT_EQ(outcome.error().code(), errc::broken_pipe);
    // Also where it breaks while a writer waits.
    pipe_ends full = co_await make_pipe();
    const std::string much = numbered_text(1'000'000);
    const auto write = [&]() -> task<errc> {
      const auto ended = co_await full.writer.write_all(much).as_result();
      co_return ended ? errc::ok : ended.error().code();
    };
    const auto leave = [&]() -> task<> {
      co_await yield_now();
      full.reader.close();
    };
    const auto [ended, none] = co_await when_all(write(), leave());
    EXPECT_EQ(ended, errc::broken_pipe);
    static_cast<void>(none);
  }());
}

/// Two readers on one pipe: one of them finds it empty again, and goes on waiting.
TEST_P(pipe_test, two_readers_share_what_comes) {
  play([]() -> task<> {
    pipe_ends pipe = co_await make_pipe();
    const auto read_one = [&]() -> task<std::size_t> {
      std::array<std::byte, 4> into;
      co_return co_await pipe.reader.read(into);
    };
    const auto write = [&]() -> task<> {
      co_await yield_now();
      co_await pipe.writer.write_all("abcd");
      co_await sleep_for(duration::milliseconds(1));
      co_await pipe.writer.write_all("efg");
    };
    const auto [one, two, none] = co_await when_all(read_one(), read_one(), write());
    EXPECT_EQ(one + two, 7U);
    static_cast<void>(none);
  }());
}

}  // namespace
}  // namespace rondo::testing

// Streams whose type is forgotten behave as before: real sockets, pipes, and one of the test's own.
#include <rondo/async/any_stream.hpp>

#include <rondo/os/pipe.hpp>
#include <rondo/pipe/pipe_stream.hpp>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

static_assert(byte_stream<stream_socket> && byte_stream<tcp_stream> && byte_stream<any_stream>);
static_assert(byte_source<pipe_reader> && !byte_sink<pipe_reader>);
static_assert(byte_sink<pipe_writer> && !byte_source<pipe_writer>);

class any_stream_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, any_stream_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

task<std::string> read_all(any_stream& from) {
  std::string all;
  std::byte room[100];
  for (;;) {
    const std::size_t count = co_await from.read(room);
    if (count == 0) break;
    all.append(reinterpret_cast<const char*>(room), count);
  }
  co_return all;
}

task<> write_text(any_stream& to, std::string_view text) {
  co_await to.write_all(text);
  co_await to.shutdown();
}

TEST_P(any_stream_test, carries_what_a_connection_carries) {
  play([](any_stream_test& t) -> task<> {
    both_ends ends = co_await t.connected();
    any_stream near = std::move(ends.near);
    any_stream far = std::move(ends.far);
    const std::string text = numbered_text(1'000'000);  // more than the socket holds
    auto all = co_await when_all(write_text(near, text), read_all(far));
    EXPECT_EQ(std::get<1>(all), text);
    co_await write_text(far, "the other direction is still open");
    EXPECT_EQ(co_await read_all(near), "the other direction is still open");
  }(*this));
}

TEST_P(any_stream_test, joins_two_pipes) {
  os::pipe_ends pipe;
  ASSERT_EQ(os::open_pipe(pipe), 0);
  any_stream looped(pipe_reader(l, std::move(pipe.read)), pipe_writer(l, std::move(pipe.write)));
  play([](any_stream& s) -> task<> {
    const std::string text = numbered_text(300'000);
    auto all = co_await when_all(write_text(s, text), read_all(s));
    EXPECT_EQ(std::get<1>(all), text);
    EXPECT_EQ(co_await thrown_by(s.write_all("more")), errc::closed);
  }(looped));
}

TEST_P(any_stream_test, a_cancelled_read_takes_nothing) {
  play([](any_stream_test& t) -> task<> {
    both_ends ends = co_await t.connected();
    any_stream near = std::move(ends.near);
    std::byte room[100];
    const auto late = co_await within(duration::milliseconds(2), near.read(room));
    EXPECT_FALSE(late);
    co_await ends.far.write_all("still there");
    ends.far.close();
    EXPECT_EQ(co_await read_all(near), "still there");
  }(*this));
}

TEST_P(any_stream_test, closing_ends_who_waits) {
  play([](any_stream_test& t) -> task<> {
    both_ends ends = co_await t.connected();
    any_stream near = std::move(ends.near);
    co_await with_scope([&](scope& s) -> task<> {
      auto waits = s.spawn(thrown_by(read_all(near)));
      co_await yield_now();
      near.close();
      near.close();
      EXPECT_EQ(co_await waits, errc::closed);
    });
  }(*this));
}

TEST_P(any_stream_test, none_inside_is_closed) {
  play([]() -> task<> {
    any_stream none;
    EXPECT_FALSE(none);
    EXPECT_EQ(co_await thrown_by(read_all(none)), errc::closed);
    EXPECT_EQ(co_await thrown_by(none.write_all("x")), errc::closed);
    EXPECT_EQ(co_await thrown_by(none.shutdown()), errc::closed);
    none.close();
  }());
}

/// A stream without a system under it, whose end of writing is awaited.
struct memory_stream {
  std::string* ended;
  std::string text;

  task<std::size_t> read(std::span<std::byte> into) {
    const std::size_t count = std::min(into.size(), text.size());
    std::copy_n(bytes_of(text).begin(), count, into.begin());
    text.erase(0, count);
    co_return count;
  }
  task<> write_all(std::span<const std::byte> bytes) {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    co_return;
  }
  task<> shutdown() {
    co_await yield_now();
    *ended = text;
  }
  void close() noexcept {}
};

TEST_P(any_stream_test, awaits_the_end_of_writing) {
  play([]() -> task<> {
    std::string ended;
    any_stream s = memory_stream{&ended, ""};
    co_await write_text(s, "all of it");
    EXPECT_EQ(ended, "all of it");
    EXPECT_EQ(co_await read_all(s), "all of it");
  }());
}

}  // namespace
}  // namespace rondo::testing

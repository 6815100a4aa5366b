// Cancel at every point where a server and its client wait, in turn; and cancels that race with
// arriving bytes. Descriptors and frames are counted around every test.
#include <array>
#include <cstring>
#include <random>

#include "net/net_fixture.hpp"
#include "support/seed.hpp"

namespace rondo::testing {
namespace {

class net_cancel_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, net_cancel_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

/// Cancels its scope once this many points have been passed.
struct countdown {
  int left;
  scope* around = nullptr;
  void point() {
    if (left-- == 0) around->cancel();
  }
};

/// Every await of an echo session, each behind a point at which the cancel may come.
task<> session(tcp_stream peer, countdown& c) {
  for (;;) {
    c.point();
    const io_buffer some = co_await peer.read_some();
    c.point();
    if (some.empty()) break;
    co_await peer.write_all(some.bytes());
  }
}

task<> accept_loop(tcp_listener& listener, scope& sessions, countdown& c) {
  for (;;) {
    c.point();
    tcp_stream peer = co_await listener.accept();
    c.point();
    sessions.spawn(session(std::move(peer), c));
  }
}

task<> client(socket_address to, countdown& c) {
  for (int round = 0; round < 2; ++round) {
    c.point();
    tcp_stream server = co_await tcp_stream::connect(to);
    c.point();
    std::array<const_buffer, 2> pieces;
    pieces[0] = {"ab", 2};
    pieces[1] = {"cd", 2};
    co_await server.write_all(pieces);
    c.point();
    const std::string got = co_await read_string(server, 4);
    EXPECT_EQ(got, "abcd");
    EXPECT_TRUE(server.shutdown());
    c.point();
    const io_buffer end = co_await server.read_some();
    EXPECT_TRUE(end.empty());
  }
}

TEST_P(net_cancel_test, at_each_await_of_a_server_and_its_client) {
  bool finished = false;
  int points = 0;
  for (; !finished; ++points) {
    ASSERT_LT(points, 100) << "the client never ends";
    play([](int point, bool& uncancelled) -> task<> {
      auto listener = co_await tcp_listener::bind("127.0.0.1:0");
      countdown c{point};
      auto in_scope = [&](scope& s) -> task<> {
        c.around = &s;
        s.spawn(accept_loop(listener, s, c));
        co_await client(*listener.local_address(), c);
        uncancelled = c.left >= 0;
        s.cancel();
      };
      co_await with_scope(in_scope);
    }(points, finished));
  }
  EXPECT_GT(points, 10);
}

/// Reads numbered words under limits so short that they often end in the middle of one.
TEST_P(net_cancel_test, loses_no_byte_to_a_cancel_that_races) {
  play([](auto* t) -> task<> {
    constexpr std::uint32_t words = 6'000;
    both_ends c = co_await t->connected();
    std::mt19937_64 random(seed());
    std::uint64_t cancels = 0;

    auto write = [](tcp_stream& to, std::uint64_t how) -> task<> {
      std::mt19937_64 sizes(how);
      std::vector<std::uint32_t> numbers(words);
      for (std::uint32_t i = 0; i < words; ++i) numbers[i] = i;
      auto left = std::as_bytes(std::span(numbers));
      while (!left.empty()) {
        const std::size_t piece = std::min<std::size_t>(left.size(), 1 + sizes() % 37);
        co_await to.write_all(left.first(piece));
        left = left.subspan(piece);
        if (sizes() % 3 == 0) co_await yield_now();
        if (sizes() % 64 == 0) co_await sleep_for(duration::microseconds(100));
      }
    };
    auto one_read = [](tcp_stream& from, std::uint64_t way, std::span<std::byte> into,
                       std::size_t& filled) -> task<> {
      if (way == 0) {
        co_await from.read_exact(into);
        filled = into.size();
      } else if (way == 1) {
        filled = co_await from.read(into);
      } else {
        const io_buffer some = co_await from.read_some();
        filled = std::min(some.size(), into.size());
        std::memcpy(into.data(), some.data(), filled);
        from.unread(some.bytes().subspan(filled));
      }
    };
    auto read = [&](tcp_stream& from) -> task<> {
      std::array<std::byte, 4 * 16> room;
      std::uint32_t next = 0;
      std::size_t have = 0;
      while (next < words) {
        const std::size_t most = std::min<std::size_t>(room.size(), (words - next) * 4);
        std::size_t filled = 0;
        const auto into = std::span(room).subspan(have, most - have);
        const duration limit = duration::microseconds(static_cast<std::int64_t>(random() % 60));
        const errc ended =
            co_await thrown_by(limited(limit, one_read(from, random() % 3, into, filled)));
        cancels += ended == errc::timed_out;
        if (ended != errc::ok && ended != errc::timed_out) {
          ADD_FAILURE() << to_string(ended) << " after " << next << " of " << words;
          co_return;
        }
        have += filled;
        std::size_t used = 0;
        for (; have - used >= 4; used += 4, ++next) {
          std::uint32_t number = 0;
          std::memcpy(&number, room.data() + used, 4);
          if (number != next) {
            ADD_FAILURE() << "got " << number << " where " << next << " was due";
            co_return;
          }
        }
        std::memmove(room.data(), room.data() + used, have - used);
        have -= used;
      }
    };
    co_await when_all(write(c.near, random()), read(c.far));
    EXPECT_GT(cancels, 10u);
  }(this));
}

}  // namespace
}  // namespace rondo::testing

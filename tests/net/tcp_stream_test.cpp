// A connection: connecting, reading in all ways, writing, ending.
#include <algorithm>
#include <array>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

class tcp_stream_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, tcp_stream_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

// Connecting
// -----------------------------------------------------------------------------------------------

TEST_P(tcp_stream_test, connects_over_both_families_and_knows_the_addresses) {
  play([](auto* t) -> task<> {
    for (const char* address : {"127.0.0.1:0", "[::1]:0"}) {
      both_ends c = co_await t->connected(address);
      EXPECT_EQ(*c.near.local_address(), *c.far.remote_address());
      EXPECT_EQ(*c.near.remote_address(), *c.far.local_address());
      EXPECT_EQ(c.near.local_address()->is_v6(), address[0] == '[');
      EXPECT_EQ(*c.near.option(os::option::no_delay), 1);
      EXPECT_EQ(*c.far.option(os::option::no_delay), 1);
      co_await c.near.write_all("hello");
      const std::string got = co_await read_string(c.far, 5);
      EXPECT_EQ(got, "hello");
    }
  }(this));
}

TEST_P(tcp_stream_test, refusal_names_the_address) {
  play([]() -> task<> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    const socket_address nobody = *listener.local_address();
    listener.close();
    auto refused = co_await tcp_stream::connect(nobody).as_result();
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::connection_refused);
    EXPECT_NE(std::string(refused.error().what()).find(nobody.to_string()), std::string::npos);
    const errc thrown = co_await thrown_by(as_task(tcp_stream::connect(nobody)));
    EXPECT_EQ(thrown, errc::connection_refused);
    auto nonsense = co_await tcp_stream::connect("nonsense").as_result();
    EXPECT_EQ(nonsense.error().code(), errc::invalid_argument);
  }());
}

/// A listener whose backlog is full: the kernel answers no further SYN.
struct full_backlog {
  tcp_listener listener;
  std::vector<tcp_stream> in_it;
};

task<full_backlog> fill_backlog() {
  full_backlog full;
  listen_options narrow;
  narrow.backlog = 0;
  full.listener = co_await tcp_listener::bind("127.0.0.1:0", narrow);
  const connect_options soon(duration::milliseconds(100));
  for (;;) {
    auto one = co_await tcp_stream::connect(*full.listener.local_address(), soon).as_result();
    if (!one) {
      EXPECT_EQ(one.error().code(), errc::timed_out) << one.error().what();
      break;
    }
    full.in_it.push_back(std::move(*one));
  }
  co_return full;
}

TEST_P(tcp_stream_test, connect_times_out_and_can_be_cancelled) {
  play([]() -> task<> {
    full_backlog full = co_await fill_backlog();
    const socket_address where = *full.listener.local_address();
    const auto begun = real_clock().now();
    const errc late = co_await thrown_by(
        as_task(tcp_stream::connect(where, connect_options(duration::milliseconds(20)))));
    EXPECT_EQ(late, errc::timed_out);
    EXPECT_GE(real_clock().now() - begun, duration::milliseconds(20));

    auto in_scope = [&](scope& s) -> task<> {
      s.spawn([](scope* around) -> task<> {
        co_await sleep_for(duration::milliseconds(5));
        around->cancel();
      }(&s));
      co_await tcp_stream::connect(where);
      ADD_FAILURE() << "connected to a full backlog";
    };
    co_await with_scope(in_scope);
  }());
}

// Reading
// -----------------------------------------------------------------------------------------------

TEST_P(tcp_stream_test, every_read_meets_the_end_again_and_again) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    co_await c.near.write_all("abc");
    EXPECT_TRUE(c.near.shutdown());
    std::array<std::byte, 16> room;
    const std::size_t first = co_await c.far.read(room);
    EXPECT_EQ(first, 3u);
    for (int i = 0; i < 2; ++i) {
      const std::size_t got = co_await c.far.read(room);
      EXPECT_EQ(got, 0u);
      const io_buffer some = co_await c.far.read_some();
      EXPECT_TRUE(some.empty());
      auto exact = co_await c.far.read_exact(room).as_result();
      EXPECT_EQ(exact.error().code(), errc::end_of_stream);
    }
    co_await c.far.write_all("still open this way");  // half closed
    c.far.close();
    const std::string rest = co_await read_to_end(c.near);
    EXPECT_EQ(rest, "still open this way");
  }(this));
}

TEST_P(tcp_stream_test, read_exact_crosses_pieces_and_keeps_what_the_end_cut_off) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    const std::string text = numbered_text(200'000);
    auto write = [](tcp_stream& to, std::string_view what) -> task<> {
      for (std::size_t at = 0; at < what.size(); at += 7'919) {
        co_await to.write_all(what.substr(at, 7'919));
        co_await yield_now();
      }
      EXPECT_TRUE(to.shutdown());
    };
    auto read = [](tcp_stream& from, std::string_view what) -> task<> {
      const std::string most = co_await read_string(from, what.size() - 10);
      EXPECT_EQ(most, what.substr(0, what.size() - 10));
      const errc short_of = co_await thrown_by(read_string(from, 11));
      EXPECT_EQ(short_of, errc::end_of_stream);
      const std::string rest = co_await read_to_end(from);
      EXPECT_EQ(rest, what.substr(what.size() - 10));
    };
    co_await when_all(write(c.near, text), read(c.far, text));
  }(this));
}

TEST_P(tcp_stream_test, kept_bytes_are_read_first_whatever_read_comes_next) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    std::array<std::byte, 4> four;
    const auto text_of = [&] { return std::string(reinterpret_cast<char*>(four.data()), 4); };
    co_await c.near.write_all("ijklmnop");
    c.far.unread(bytes_of("efgh"));
    c.far.unread(bytes_of("abcd"));  // in front
    c.far.unread({});
    const std::size_t none = co_await c.far.read({});
    EXPECT_EQ(none, 0u);
    const std::size_t got = co_await c.far.read(std::span(four).first(2));
    EXPECT_EQ(got, 2u);
    co_await c.far.read_exact(four);
    EXPECT_EQ(text_of(), "cdef");
    const io_buffer some = co_await c.far.read_some();
    EXPECT_EQ(some.text(), "gh");
    c.far.unread(bytes_of("12"));
    co_await c.far.read_exact(four);  // kept and fresh ones together
    EXPECT_EQ(text_of(), "12ij");
    tcp_stream moved = std::move(c.far);
    moved.unread(bytes_of("xy"));
    const std::string rest = co_await read_string(moved, 8);
    EXPECT_EQ(rest, "xyklmnop");
    moved.unread(bytes_of("never read, and freed"));
  }(this));
}

TEST_P(tcp_stream_test, a_cancelled_read_exact_leaves_its_bytes_to_the_next_read) {
  play([](auto* t) -> task<> {
    for (int way = 0; way < 3; ++way) {
      both_ends c = co_await t->connected();
      co_await c.near.write_all("abc");
      const errc late =
          co_await thrown_by(limited(duration::milliseconds(5), read_string(c.far, 10)));
      EXPECT_EQ(late, errc::timed_out);
      co_await c.near.write_all("defghi");
      std::string got(9, '\0');
      const auto room = std::as_writable_bytes(std::span(got));
      if (way == 0) {
        co_await c.far.read_exact(room);
      } else {
        for (std::size_t at = 0; at < got.size();) {
          if (way == 1) {
            const std::size_t n = co_await c.far.read(room.subspan(at));
            at += n;
          } else {
            const io_buffer some = co_await c.far.read_some();
            std::ranges::copy(some.bytes(), room.subspan(at).begin());
            at += some.size();
          }
        }
      }
      EXPECT_EQ(got, "abcdefghi");
    }
  }(this));
}

// Writing
// -----------------------------------------------------------------------------------------------

TEST_P(tcp_stream_test, writes_all_to_a_slow_reader) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    const std::string text = numbered_text(8'000'000);
    bool written = false;
    auto write = [](tcp_stream& to, std::string_view what, bool& done) -> task<> {
      co_await to.write_all(what);
      done = true;
      EXPECT_TRUE(to.shutdown());
    };
    auto read = [](tcp_stream& from, std::string_view what, bool& done) -> task<> {
      std::string all;
      co_await sleep_for(duration::milliseconds(5));
      EXPECT_FALSE(done) << "8 MB fitted into the kernel's buffers";
      for (;;) {
        const io_buffer some = co_await from.read_some();
        if (some.empty()) break;
        all += some.text();
      }
      EXPECT_TRUE(all == what);
    };
    co_await when_all(write(c.near, text, written), read(c.far, text, written));
  }(this));
}

TEST_P(tcp_stream_test, writes_pieces_empty_ones_and_more_than_a_call_takes) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    std::string all = numbered_text(3'000'000);
    std::vector<const_buffer> pieces;
    pieces.emplace_back(nullptr, 0);
    for (std::size_t at = 0; at < all.size(); at += 1'000) {
      pieces.emplace_back(all.data() + at, std::min<std::size_t>(1'000, all.size() - at));
      if (at % 3'000 == 0) pieces.emplace_back(all.data(), 0);
    }
    EXPECT_GT(pieces.size(), 3'000u);
    auto write = [](tcp_stream& to, std::span<const_buffer> what) -> task<> {
      co_await to.write_all(what);
      std::array<const_buffer, 3> nothing;
      co_await to.write_all(nothing);
      co_await to.write_all(std::span<const_buffer>());
      co_await to.write_all("");
      EXPECT_TRUE(to.shutdown());
    };
    auto read = [](tcp_stream& from, std::string_view what) -> task<> {
      const std::string got = co_await read_to_end(from);
      EXPECT_TRUE(got == what);
    };
    co_await when_all(write(c.near, pieces), read(c.far, all));
  }(this));
}

TEST_P(tcp_stream_test, reads_and_writes_at_once) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    const std::string text = numbered_text(2'000'000);
    auto write = [](tcp_stream& to, std::string_view what) -> task<> {
      co_await to.write_all(what);
      EXPECT_TRUE(to.shutdown());
    };
    auto read = [](tcp_stream& from, std::string_view what) -> task<> {
      const std::string got = co_await read_to_end(from);
      EXPECT_TRUE(got == what);
    };
    co_await when_all(write(c.near, text), read(c.near, text), write(c.far, text),
                      read(c.far, text));
  }(this));
}

// Ending
// -----------------------------------------------------------------------------------------------

TEST_P(tcp_stream_test, a_reset_is_an_error_that_says_so) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    reset(c.near);
    std::array<std::byte, 4> room;
    auto got = co_await c.far.read(room).as_result();
    EXPECT_EQ(got.error().code(), errc::connection_reset) << got.error().what();
    auto put = co_await c.far.write_all("x").as_result();
    EXPECT_EQ(put.error().code(), errc::broken_pipe) << put.error().what();
  }(this));
}

TEST_P(tcp_stream_test, close_ends_what_others_await) {
  play([](auto* t) -> task<> {
    const std::string text = numbered_text(8'000'000);
    auto expect_closed = [](task<> work, int& count) -> task<> {
      const errc code = co_await thrown_by(std::move(work));
      EXPECT_EQ(code, errc::closed);
      ++count;
    };
    auto read = [](tcp_stream& s) -> task<> { co_await s.read_some(); };
    auto write = [](tcp_stream& s, std::string_view what) -> task<> { co_await s.write_all(what); };
    auto exact = [](tcp_stream& s) -> task<> { co_await read_string(s, 100); };
    auto close = [](tcp_stream& s, bool destroy, int& count) -> task<> {
      co_await sleep_for(duration::milliseconds(2));
      EXPECT_EQ(count, 0);
      if (destroy) {
        tcp_stream moved = std::move(s);  // what is awaited moves with it
        tcp_stream gone;
        gone = std::move(moved);
      } else {
        s.close();
        s.close();
      }
    };
    both_ends c;
    int ended = 0;
    for (const bool destroy : {false, true}) {
      c = co_await t->connected();
      co_await c.far.write_all("a part");
      ended = 0;
      co_await when_all(expect_closed(exact(c.near), ended), expect_closed(read(c.near), ended),
                        expect_closed(write(c.near, text), ended), close(c.near, destroy, ended));
      EXPECT_EQ(ended, 3);
    }
    EXPECT_FALSE(c.near.is_open());
    co_await expect_closed(read(c.near), ended);
    co_await expect_closed(write(c.near, text), ended);
    EXPECT_FALSE(c.near.shutdown());
    EXPECT_FALSE(c.near.local_address());
    EXPECT_FALSE(c.near.remote_address());
    EXPECT_FALSE(c.near.option(os::option::no_delay));
    EXPECT_FALSE(c.near.set_option(os::option::no_delay, 1));
  }(this));
}

TEST_P(tcp_stream_test, every_await_can_be_limited) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    const std::string text = numbered_text(8'000'000);
    std::array<std::byte, 4> room;
    const duration soon = duration::milliseconds(1);
    const errc read = co_await thrown_by(limited(soon, as_task(c.far.read(room))));
    const errc some = co_await thrown_by(limited(soon, as_task(c.far.read_some())));
    const errc exact = co_await thrown_by(limited(soon, as_task(c.far.read_exact(room))));
    const errc write = co_await thrown_by(limited(soon, as_task(c.far.write_all(text))));
    const errc accept = co_await thrown_by(limited(soon, as_task(listener.accept())));
    for (const errc code : {read, some, exact, write, accept}) EXPECT_EQ(code, errc::timed_out);
  }(this));
}

TEST_P(tcp_stream_test, as_result_tells_a_cancel_and_the_next_await_meets_it_again) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    int told = 0;
    auto in_scope = [&](scope& s) -> task<> {
      s.cancel();
      std::array<std::byte, 4> room;
      auto read = co_await c.far.read(room).as_result();
      auto some = co_await c.far.read_some().as_result();
      auto exact = co_await c.far.read_exact(room).as_result();
      auto write = co_await c.far.write_all("x").as_result();
      auto connect = co_await tcp_stream::connect("127.0.0.1:1").as_result();
      EXPECT_EQ(read.error().code(), errc::cancelled);
      EXPECT_EQ(some.error().code(), errc::cancelled);
      EXPECT_EQ(exact.error().code(), errc::cancelled);
      EXPECT_EQ(write.error().code(), errc::cancelled);
      EXPECT_EQ(connect.error().code(), errc::cancelled);
      ++told;
      co_await c.far.read_some();
      ADD_FAILURE() << "went on after a cancel";
    };
    co_await with_scope(in_scope);
    EXPECT_EQ(told, 1);
  }(this));
}

TEST_P(tcp_stream_test, a_peer_that_always_sends_starves_nobody) {
  play([](auto* t) -> task<> {
    both_ends c = co_await t->connected();
    const std::string text = numbered_text(1'000'000);
    auto in_scope = [&](scope& s) -> task<> {
      s.spawn([](tcp_stream& to, std::string_view what) -> task<> {
        for (;;) co_await to.write_all(what);
      }(c.near, text));
      s.spawn([](tcp_stream& from) -> task<> {
        for (;;) co_await from.read_some();
      }(c.far));
      for (int i = 0; i < 20; ++i) co_await sleep_for(duration::milliseconds(1));
      s.cancel();
    };
    co_await with_scope(in_scope);
  }(this));
}

}  // namespace
}  // namespace rondo::testing

// TLS over real sockets, on every backend: reading, writing, ending, and peers that misbehave.
#include <random>

#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/task/when_any.hpp>

#include "support/seed.hpp"
#include "tls/tls_fixture.hpp"

namespace rondo::testing {
namespace {

using tls::context;

class tls_stream_test : public net_test {
 public:
  task<tls_ends> secured_pair(tls::stream_options options = {}) {
    both_ends tcp = co_await connected();
    co_return co_await secured(std::move(tcp), client, server, options);
  }

  context client{plain_client()};
  context server{plain_server()};
};
INSTANTIATE_TEST_SUITE_P(backends, tls_stream_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(tls_stream_test, carries_both_ways_and_tells_what_was_agreed) {
  static_assert(byte_stream<tls::stream>);
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    EXPECT_EQ(ends.client.version(), tls::version::tls_1_3);
    EXPECT_EQ(ends.server.server_name(), "localhost");
    EXPECT_EQ(ends.client.peer_certificate()->subject, "CN=test");
    EXPECT_FALSE(ends.client.resumed());
    EXPECT_FALSE(ends.client.cipher().empty());
    co_await ends.client.write_all("there");
    const std::string there = co_await read_string(ends.server, 5);
    EXPECT_EQ(there, "there");
    co_await ends.server.write_all("back");
    const std::string back = co_await read_string(ends.client, 4);
    EXPECT_EQ(back, "back");
    co_await ends.client.write_all("");
    co_await ends.client.shutdown();
    const std::string rest = co_await read_to_end(ends.server);
    EXPECT_EQ(rest, "");
    co_await ends.server.write_all("half open");
    const std::string half = co_await read_string(ends.client, 9);
    EXPECT_EQ(half, "half open");
  }(this));
}

TEST_P(tls_stream_test, much_at_once_in_both_directions) {
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    const std::string text = numbered_text(6'000'000);
    const auto send = [&](tls::stream& to) -> task<> {
      co_await to.write_all(text);
      co_await to.shutdown();
    };
    const auto receive = [&](tls::stream& from) -> task<bool> {
      const std::string got = co_await read_to_end(from);
      co_return got == text;
    };
    auto [a, b, there, back] = co_await when_all(send(ends.client), send(ends.server),
                                                 receive(ends.client), receive(ends.server));
    EXPECT_TRUE(there);
    EXPECT_TRUE(back);
  }(this));
}

TEST_P(tls_stream_test, several_readers_and_writers_take_turns) {
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    const std::string a(200'000, 'a');
    const std::string b(200'000, 'b');
    std::string got;
    const auto read_half = [&]() -> task<> { got += co_await read_string(ends.server, 200'000); };
    co_await when_all(as_task(ends.client.write_all(a)), as_task(ends.client.write_all(b)),
                      read_half(), read_half());
    EXPECT_EQ(got, a + b);
  }(this));
}

// Ends
// ------------------------------------------------------------------------------------------------

TEST_P(tls_stream_test, finish_waits_for_the_peer) {
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    co_await ends.server.write_all("not wanted any more");
    auto [first, second] =
        co_await when_all(ends.client.finish(), ends.server.finish(duration::seconds(30)));
    EXPECT_TRUE(first);
    EXPECT_TRUE(second);
    EXPECT_FALSE(ends.client.is_open());
    const errc code = co_await thrown_by(ends.client.write_all("x"));
    EXPECT_EQ(code, errc::closed);
    const bool again = co_await ends.client.finish();
    EXPECT_FALSE(again);
  }(this));
}

TEST_P(tls_stream_test, finish_does_not_wait_for_ever) {
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    const bool both = co_await ends.client.finish(duration::milliseconds(20));
    EXPECT_FALSE(both);
    const std::string rest = co_await read_to_end(ends.server);
    EXPECT_EQ(rest, "") << "ours was sent";
  }(this));
}

TEST_P(tls_stream_test, a_connection_cut_off_is_no_end) {
  play([](auto* t) -> task<> {
    for (const auto means : {tls::truncation::is_error, tls::truncation::is_end}) {
      tls::stream_options options;
      options.when_truncated = means;
      tls_ends ends = co_await t->secured_pair(options);
      co_await ends.client.write_all("all of it?");
      co_await ends.server.write_all("x");
      co_await read_string(ends.client, 1);  // with it the tickets: unread bytes would mean a reset
      ends.client.close();
      const std::string got = co_await read_string(ends.server, 10);
      EXPECT_EQ(got, "all of it?");
      std::array<std::byte, 10> more;
      const errc code = co_await thrown_by(ends.server.read(more));
      EXPECT_EQ(code, means == tls::truncation::is_error ? errc::truncated : errc::ok);
      const bool both = co_await ends.server.finish();
      EXPECT_FALSE(both);
    }
  }(this));
}

TEST_P(tls_stream_test, a_close_ends_what_is_awaited) {
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    std::array<std::byte, 10> some;
    const auto close_soon = [&]() -> task<> {
      co_await sleep_for(duration::milliseconds(5));
      ends.client = tls::stream();
    };
    auto [code, closed] = co_await when_all(thrown_by(ends.client.read(some)), close_soon());
    EXPECT_EQ(code, errc::closed);
    tls::stream none;
    EXPECT_FALSE(none.is_open());
    const errc unread = co_await thrown_by(none.read(some));
    EXPECT_EQ(unread, errc::closed);
  }(this));
}

TEST_P(tls_stream_test, read_exact_keeps_what_it_could_not_use) {
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    co_await ends.client.write_all("seven b");
    std::string text(10, '\0');
    const auto into = std::as_writable_bytes(std::span(text));
    const bool filled = co_await within(duration::milliseconds(20), ends.server.read_exact(into));
    EXPECT_FALSE(filled);
    co_await ends.client.write_all("yt");
    co_await ends.client.shutdown();
    const errc code = co_await thrown_by(ends.server.read_exact(into));
    EXPECT_EQ(code, errc::end_of_stream);
    ends.server.unread(bytes_of("again: "));
    const std::string rest = co_await read_to_end(ends.server);
    EXPECT_EQ(rest, "again: seven byt");
  }(this));
}

// Cancels
// -------------------------------------------------------------------------------------------

TEST_P(tls_stream_test, a_cancelled_read_loses_nothing) {
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    std::mt19937_64 random(seed());
    const std::string text = numbered_text(300'000);
    std::string got;
    const auto send = [&]() -> task<> {
      for (std::size_t at = 0; at < text.size(); at += 10'000) {
        co_await ends.client.write_all(std::string_view(text).substr(at, 10'000));
        co_await sleep_for(duration::microseconds(static_cast<std::int64_t>(random() % 500)));
      }
      co_await ends.client.shutdown();
    };
    const auto receive = [&]() -> task<> {
      std::string piece(5000, '\0');
      for (;;) {
        const duration limit = duration::microseconds(static_cast<std::int64_t>(random() % 400));
        const auto count =
            co_await within(limit, ends.server.read(std::as_writable_bytes(std::span(piece))));
        if (!count) continue;
        if (*count == 0) co_return;
        got.append(piece, 0, *count);
      }
    };
    co_await when_all(send(), receive());
    EXPECT_EQ(got, text);
  }(this));
}

TEST_P(tls_stream_test, a_cancelled_write_says_so_to_the_next) {
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    const std::string much(50'000'000, 'x');
    const bool written =
        co_await within(duration::milliseconds(50), as_task(ends.client.write_all(much)));
    EXPECT_FALSE(written);
    const errc code = co_await thrown_by(ends.client.write_all("more"));
    EXPECT_EQ(code, errc::closed);
    co_await ends.server.write_all("reading goes on");
    const std::string got = co_await read_string(ends.client, 15);
    EXPECT_EQ(got, "reading goes on");
  }(this));
}

TEST_P(tls_stream_test, a_write_cancelled_before_its_turn_has_done_nothing) {
  play([](auto* t) -> task<> {
    tls_ends ends = co_await t->secured_pair();
    const std::string much(20'000'000, 'x');
    const auto write_much = [&]() -> task<> {
      co_await ends.client.write_all(much);
      co_await ends.client.write_all("end");
      co_await ends.client.shutdown();
    };
    std::string got;
    const auto give_up_then_read = [&]() -> task<> {
      const bool written =
          co_await within(duration::milliseconds(10), as_task(ends.client.write_all("never")));
      EXPECT_FALSE(written);
      got = co_await read_to_end(ends.server);
    };
    co_await when_all(write_much(), give_up_then_read());
    EXPECT_EQ(got.size(), much.size() + 3);
    EXPECT_TRUE(got.ends_with("xend"));
  }(this));
}

/// At each turn of the loop at which a handshake or an exchange can be met.
TEST_P(tls_stream_test, may_be_cancelled_anywhere) {
  play([](auto* t) -> task<> {
    bool finished = false;
    for (int turns = 0;; ++turns) {
      if (finished) break;
      both_ends tcp = co_await t->connected();
      const auto exchange = [&]() -> task<> {
        tls_ends ends = co_await secured(std::move(tcp), t->client, t->server);
        co_await when_all(as_task(ends.client.write_all("ping")), read_string(ends.server, 4));
        co_await when_all(ends.client.finish(), ends.server.finish());
      };
      // Of two ends that are cancelled, the second may see the first one's end before its own
      // cancel.
      const auto whole = [&]() -> task<> {
        const errc code = co_await thrown_by(exchange());
        EXPECT_TRUE(code == errc::ok || code == errc::cancelled || code == errc::end_of_stream ||
                    code == errc::truncated || code == errc::connection_reset ||
                    code == errc::broken_pipe)
            << to_string(code);
        finished = code == errc::ok;
      };
      const auto cancel_after = [&](scope& s) -> task<> {
        auto running = s.spawn(whole());
        for (int i = 0; i < turns && !running.has_ended(); ++i) co_await yield_now();
        s.cancel();
      };
      co_await with_scope(cancel_after);
      if (turns > 10'000) throw std::runtime_error("it never ends");
    }
  }(this));
}

// Peers that misbehave
// ------------------------------------------------------------------------------

TEST_P(tls_stream_test, a_peer_that_stalls_is_given_up) {
  play([](auto* t) -> task<> {
    tls::stream_options soon;
    soon.handshake_timeout = duration::milliseconds(20);
    both_ends tcp = co_await t->connected();
    const errc code = co_await thrown_by(tls::accept(std::move(tcp.far), t->server, soon));
    EXPECT_EQ(code, errc::timed_out);
    both_ends other = co_await t->connected();
    std::string text;
    try {
      co_await tls::connect(std::move(other.near), "localhost", t->client, soon);
    } catch (const error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "tls handshake with localhost: the peer did not go on within 20 ms");
  }(this));
}

TEST_P(tls_stream_test, a_peer_that_speaks_no_tls_is_told_apart) {
  play([](auto* t) -> task<> {
    both_ends tcp = co_await t->connected();
    co_await tcp.near.write_all("GET / HTTP/1.1\r\n\r\n");
    const errc code = co_await thrown_by(tls::accept(std::move(tcp.far), t->server));
    EXPECT_EQ(code, errc::protocol);
    both_ends other = co_await t->connected();
    co_await other.far.write_all("SSH-2.0-OpenSSH_9.2\r\n");
    const errc ssh = co_await thrown_by(tls::connect(std::move(other.near), "x", t->client));
    EXPECT_EQ(ssh, errc::protocol);
    both_ends third = co_await t->connected();
    third.near.close();
    const errc gone = co_await thrown_by(tls::accept(std::move(third.far), t->server));
    EXPECT_EQ(gone, errc::end_of_stream);
  }(this));
}

TEST_P(tls_stream_test, distrust_reaches_both_sides) {
  play([](auto* t) -> task<> {
    const context stranger{tls::client_options()};
    both_ends tcp = co_await t->connected();
    auto [client, server] =
        co_await when_all(thrown_by(tls::connect(std::move(tcp.near), "localhost", stranger)),
                          thrown_by(tls::accept(std::move(tcp.far), t->server)));
    EXPECT_EQ(client, errc::untrusted);
    EXPECT_EQ(server, errc::untrusted);
  }(this));
}

TEST_P(tls_stream_test, a_wire_of_one_byte_at_a_time) {
  play([](auto* t) -> task<> {
    both_ends outer = co_await t->connected();
    both_ends inner = co_await t->connected();
    const auto drip = [](tcp_stream& from, tcp_stream& to) -> task<> {
      for (;;) {
        const io_buffer some = co_await from.read_some();
        if (some.empty()) break;
        for (const std::byte& each : some.bytes()) co_await to.write_all(std::span(&each, 1));
      }
      static_cast<void>(to.shutdown());
    };
    const auto talk = [&]() -> task<> {
      both_ends ends_of_it;
      ends_of_it.near = std::move(outer.near);
      ends_of_it.far = std::move(inner.near);
      tls_ends ends = co_await secured(std::move(ends_of_it), t->client, t->server);
      const std::string text = numbered_text(20'000);
      std::string got;
      const auto receive = [&]() -> task<> { got = co_await read_to_end(ends.server); };
      const auto send = [&]() -> task<> {
        co_await ends.client.write_all(text);
        co_await ends.client.shutdown();
      };
      co_await when_all(send(), receive());
      EXPECT_EQ(got, text);
      co_await when_all(ends.client.finish(), ends.server.finish());
    };
    co_await when_all(drip(outer.far, inner.far), drip(inner.far, outer.far), talk());
  }(this));
}

TEST_P(tls_stream_test, tls_within_tls) {
  play([](auto* t) -> task<> {
    tls_ends outer = co_await t->secured_pair();
    auto [near, far] =
        co_await when_all(tls::connect(std::move(outer.client), "localhost", t->client),
                          tls::accept(std::move(outer.server), t->server));
    co_await near.write_all("wrapped twice");
    const std::string got = co_await read_string(far, 13);
    EXPECT_EQ(got, "wrapped twice");
  }(this));
}

// Sessions, pools, many
// -----------------------------------------------------------------------------

TEST_P(tls_stream_test, a_second_connection_resumes_the_first) {
  play([](auto* t) -> task<> {
    tls::session_store store;
    tls::stream_options options;
    options.sessions = &store;
    for (int i = 0; i < 3; ++i) {
      tls_ends ends = co_await t->secured_pair(options);
      EXPECT_EQ(ends.client.resumed(), i > 0);
      EXPECT_EQ(ends.server.resumed(), i > 0);
      co_await ends.server.write_all("x");
      co_await read_string(ends.client, 1);  // with the tickets before it
    }
  }(this));
}

TEST_P(tls_stream_test, a_thousand_connections_whose_handshakes_go_to_the_pool) {
  auto options = plain_server();
  options.where = tls::handshake_work::on_pool;
  server = context(std::move(options));
  play([](auto* t) -> task<> {
    // select(2) knows descriptors up to 1,023.
    const int count = GetParam() == io::backend_kind::select ? 400 : 1000;
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    const socket_address where = *listener.local_address();
    int served = 0;
    const auto serve_one = [&](tcp_stream peer) -> task<> {
      tls::stream secure = co_await tls::accept(std::move(peer), t->server);
      const std::string got = co_await read_to_end(secure);
      co_await secure.write_all(got);
      const bool both = co_await secure.finish(duration::seconds(30));
      EXPECT_TRUE(both);
      ++served;
    };
    const auto ask = [&](int number) -> task<> {
      tcp_stream tcp = co_await tcp_stream::connect(where);
      tls::stream secure = co_await tls::connect(std::move(tcp), "localhost", t->client);
      const std::string text = "number " + std::to_string(number);
      co_await secure.write_all(text);
      co_await secure.shutdown();
      const std::string got = co_await read_to_end(secure);
      EXPECT_EQ(got, text);
      co_await secure.finish();
    };
    const auto all = [&](scope& s) -> task<> {
      for (int i = 0; i < count; ++i) s.spawn(ask(i));
      for (int i = 0; i < count; ++i) s.spawn(serve_one(co_await listener.accept()));
    };
    co_await with_scope(all);
    EXPECT_EQ(served, count);
  }(this));
}

}  // namespace
}  // namespace rondo::testing

// Listening and accepting: addresses, busy ports, closing, many sessions, exhausted descriptors.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include <rondo/os/fd.hpp>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

class tcp_listener_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, tcp_listener_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(tcp_listener_test, a_busy_port_says_so_with_the_remedy) {
  auto first = tcp_listener::bind(l, *socket_address::parse("127.0.0.1:0"));
  ASSERT_TRUE(first);
  const socket_address taken = *first->local_address();
  EXPECT_NE(taken.port(), 0);
  auto second = tcp_listener::bind(l, taken);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), errc::address_in_use);
  const std::string text = second.error().what();
  EXPECT_NE(text.find(taken.to_string()), std::string::npos) << text;
  EXPECT_NE(text.find("port"), std::string::npos) << text;  // what to do about it
  first->close();
  EXPECT_TRUE(tcp_listener::bind(l, taken)) << "the port of a closed listener";
}

TEST_P(tcp_listener_test, bind_throws_inside_a_task) {
  play([]() -> task<> {
    auto bind = [](std::string_view where) -> task<> { co_await tcp_listener::bind(where); };
    const errc nonsense = co_await thrown_by(bind("here:there"));
    EXPECT_EQ(nonsense, errc::invalid_argument);
    const errc foreign = co_await thrown_by(bind("192.0.2.1:0"));
    EXPECT_EQ(foreign, errc::address_not_available);
  }());
}

TEST_P(tcp_listener_test, an_ipv6_listener_takes_ipv4_only_where_it_may) {
  play([]() -> task<> {
    for (const bool v6_only : {false, true}) {
      listen_options options;
      options.v6_only = v6_only;
      auto listener = co_await tcp_listener::bind("[::]:0", options);
      const std::uint16_t port = listener.local_address()->port();
      auto v4 =
          co_await tcp_stream::connect(*socket_address::from_host("127.0.0.1", port)).as_result();
      EXPECT_EQ(v4.has_value(), !v6_only);
      tcp_stream v6 = co_await tcp_stream::connect(*socket_address::from_host("::1", port));
      tcp_stream accepted = co_await listener.accept();
    }
  }());
}

TEST_P(tcp_listener_test, two_listeners_share_a_port) {
  play([]() -> task<> {
    listen_options shared;
    shared.reuse_port = true;
    auto first = co_await tcp_listener::bind("127.0.0.1:0", shared);
    const socket_address where = *first.local_address();
    auto second = co_await tcp_listener::bind(where, shared);
    int counts[2] = {};
    auto in_scope = [&](scope& s) -> task<> {
      auto take = [](tcp_listener& from, int& count) -> task<> {
        for (;;) {
          tcp_stream one = co_await from.accept();
          ++count;
        }
      };
      s.spawn(take(first, counts[0]));
      s.spawn(take(second, counts[1]));
      for (int i = 0; i < 64; ++i) tcp_stream one = co_await tcp_stream::connect(where);
      co_await until([&] { return counts[0] + counts[1] == 64; });
      s.cancel();
    };
    co_await with_scope(in_scope);
    EXPECT_GT(counts[0], 0);
    EXPECT_GT(counts[1], 0);
  }());
}

/// As another process would: with a descriptor of its own, of the same socket.
os::fd copy_of(const tcp_listener& listener) {
  return os::fd(fcntl(listener.descriptor(), F_DUPFD_CLOEXEC, 0));
}

TEST_P(tcp_listener_test, an_adopted_one_is_shared) {
  play([](loop& l) -> task<> {
    for (const bool nonblocking : {false, true}) {
      auto original = co_await tcp_listener::bind("127.0.0.1:0");
      const socket_address where = *original.local_address();
      os::fd copy = copy_of(original);
      os::set_nonblocking(copy.get(), nonblocking);
      auto adopted = tcp_listener::adopt(l, std::move(copy));
      EXPECT_TRUE(adopted);
      EXPECT_EQ(adopted->local_address(), where);
      auto wait_for_one = [](tcp_listener& from) -> task<> {
        tcp_stream one = co_await from.accept();
      };
      for (int i = 0; i < 3; ++i) {
        auto come = [](socket_address to) -> task<> {
          tcp_stream one = co_await tcp_stream::connect(to);
        };
        co_await when_all(wait_for_one(*adopted), come(where));
      }
      const bool came = co_await within(duration::milliseconds(2), wait_for_one(*adopted));
      EXPECT_FALSE(came);
      adopted->close();  // and not the others'
      os::set_nonblocking(original.descriptor(), l.backend().wants_nonblocking());
      tcp_stream late = co_await tcp_stream::connect(where);
      tcp_stream accepted = co_await original.accept();
    }
  }(l));
}

TEST_P(tcp_listener_test, adopts_nothing_but_a_listening_tcp_socket) {
  const auto refusal = [&](int fd) {
    const auto adopted = tcp_listener::adopt(l, os::fd(fd));
    EXPECT_FALSE(adopted);
    EXPECT_EQ(adopted.error().code(), errc::invalid_argument);
    return std::string(adopted.error().what());
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(refusal(os::open_tcp_socket(false, false)), HasSubstr("does not listen"));
  EXPECT_THAT(refusal(socket(AF_INET, SOCK_DGRAM, 0)), HasSubstr("no TCP"));
  EXPECT_THAT(refusal(socket(AF_UNIX, SOCK_STREAM, 0)), HasSubstr("family"));
  EXPECT_THAT(refusal(open("/dev/null", O_RDONLY)), HasSubstr("no socket"));
  EXPECT_THAT(refusal(-1), HasSubstr("not open"));
}

TEST_P(tcp_listener_test, close_and_destruction_end_the_accepts) {
  play([]() -> task<> {
    auto accept = [](tcp_listener& from) -> task<> { co_await from.accept(); };
    auto end = [](tcp_listener& which, bool destroy) -> task<> {
      co_await sleep_for(duration::milliseconds(1));
      if (destroy) {
        tcp_listener gone = std::move(which);
      } else {
        which.close();
      }
    };
    for (const bool destroy : {false, true}) {
      auto listener = co_await tcp_listener::bind("127.0.0.1:0");
      auto [one, two, nothing] = co_await when_all(
          thrown_by(accept(listener)), thrown_by(accept(listener)), end(listener, destroy));
      EXPECT_EQ(one, errc::closed);
      EXPECT_EQ(two, errc::closed);
      const errc after = co_await thrown_by(accept(listener));
      EXPECT_EQ(after, errc::closed);
    }
  }());
}

// Many
// -----------------------------------------------------------------------------------------------

task<> echo(tcp_stream peer) {
  for (;;) {
    const io_buffer some = co_await peer.read_some();
    if (some.empty()) break;
    co_await peer.write_all(some.bytes());
  }
}

task<> serve_echo(tcp_listener& listener, scope& sessions) {
  for (;;) {
    tcp_stream peer = co_await listener.accept();
    sessions.spawn(echo(std::move(peer)));
  }
}

TEST_P(tcp_listener_test, serves_a_thousand_sessions_at_once) {
  const int count = GetParam() == io::backend_kind::select ? 400 : 1'000;  // FD_SETSIZE
  play([](int many) -> task<> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    const socket_address where = *listener.local_address();
    int done = 0;
    auto in_scope = [&](scope& sessions) -> task<> {
      sessions.spawn(serve_echo(listener, sessions));
      auto all_up = [&](scope& clients) -> task<> {
        for (int i = 0; i < many; ++i) {
          clients.spawn([](socket_address to, int number, int most, int& finished) -> task<> {
            tcp_stream server = co_await tcp_stream::connect(to);
            const std::string text = "client " + std::to_string(number);
            for (int round = 0; round < 3; ++round) {
              co_await server.write_all(text);
              const std::string got = co_await read_string(server, text.size());
              EXPECT_EQ(got, text);
            }
            ++finished;
            co_await until([&] { return finished == most; });  // nobody leaves before the last
          }(where, i, many, done));
        }
        co_return;
      };
      co_await with_scope(all_up);
      sessions.cancel();
    };
    co_await with_scope(in_scope);
    EXPECT_EQ(done, many);
  }(count));
}

TEST_P(tcp_listener_test, an_exception_in_a_session_cancels_the_scope_and_leaves_through_it) {
  play([]() -> task<> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    const socket_address where = *listener.local_address();
    auto failing = [&]() -> task<> {
      auto in_scope = [&](scope& sessions) -> task<> {
        sessions.spawn(serve_echo(listener, sessions));
        tcp_stream client = co_await tcp_stream::connect(where);
        sessions.spawn([]() -> task<> {
          co_await sleep_for(duration::milliseconds(1));
          throw std::runtime_error("a bug in a session");
        }());
        co_await client.read_some();
      };
      co_await with_scope(in_scope);
    };
    std::string what;
    try {
      co_await failing();
    } catch (const std::runtime_error& e) {
      what = e.what();
    }
    EXPECT_EQ(what, "a bug in a session");
  }());
}

// Out of descriptors
// -----------------------------------------------------------------------------------------------

/// No descriptor is to be had while this lives.
class no_descriptors_left {
 public:
  no_descriptors_left() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const os::fd probe(os::open_tcp_socket(false, true));  // the lowest free number
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(probe.get());
    setrlimit(RLIMIT_NOFILE, &tight);
  }
  no_descriptors_left(const no_descriptors_left&) = delete;
  ~no_descriptors_left() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

TEST_P(tcp_listener_test, accept_pauses_without_descriptors_and_recovers) {
  int turns = 0;
  l.unref(l.add_prepare([&] { ++turns; }));
  play([](int& counted) -> task<> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    const socket_address where = *listener.local_address();
    // Sockets beforehand, for the clients need descriptors, too.
    int accepted = 0;
    auto in_scope = [&](scope& s) -> task<> {
      std::vector<tcp_stream> clients;
      for (int i = 0; i < 3; ++i) clients.push_back(co_await tcp_stream::connect(where));
      {
        const no_descriptors_left tight;
        s.spawn([](tcp_listener& from, int& count) -> task<> {
          for (;;) {
            tcp_stream one = co_await from.accept();
            ++count;
            co_await one.write_all("welcome");
          }
        }(listener, accepted));
        co_await until([&] { return listener.pauses() >= 2; });
        const int before = counted;
        co_await sleep_for(duration::milliseconds(100));
        EXPECT_LT(counted - before, 40) << "spins";
        EXPECT_EQ(accepted, 0);
      }
      for (tcp_stream& client : clients) {
        const std::string got = co_await read_to_end(client);
        EXPECT_EQ(got, "welcome");
      }
      EXPECT_LT(listener.pauses(), 8u);
      s.cancel();
    };
    co_await with_scope(in_scope);
    EXPECT_EQ(accepted, 3);
  }(turns));
}

TEST_P(tcp_listener_test, a_pausing_accept_can_be_cancelled_and_closed_under) {
  play([]() -> task<> {
    for (const char* how : {"cancel", "close", "destroy"}) {
      auto listener = co_await tcp_listener::bind("127.0.0.1:0");
      tcp_stream client = co_await tcp_stream::connect(*listener.local_address());
      const no_descriptors_left tight;
      errc code = errc::ok;
      auto in_scope = [&](scope& s) -> task<> {
        s.spawn([](tcp_listener& from, errc& thrown) -> task<> {
          auto accept = [](tcp_listener& l) -> task<> { co_await l.accept(); };
          thrown = co_await thrown_by(accept(from));
        }(listener, code));
        co_await until([&] { return listener.pauses() >= 4; });  // 80 ms from here to the next
        const instant begun = real_clock().now();
        if (how == std::string_view("cancel")) {
          s.cancel();
        } else if (how == std::string_view("close")) {
          listener.close();
        } else {
          tcp_listener gone = std::move(listener);
        }
        auto wait = [&]() -> task<> { co_await until([&] { return code != errc::ok; }); };
        const errc waited = co_await thrown_by(wait());
        EXPECT_EQ(waited, how == std::string_view("cancel") ? errc::cancelled : errc::ok);
        EXPECT_LT(real_clock().now() - begun, duration::milliseconds(70)) << how;
      };
      co_await with_scope(in_scope);
      EXPECT_EQ(code, how == std::string_view("cancel") ? errc::cancelled : errc::closed) << how;
    }
  }());
}

}  // namespace
}  // namespace rondo::testing

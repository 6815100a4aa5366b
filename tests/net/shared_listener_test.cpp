// One listening socket, held by several: what one of them does must not be felt by the others.
#include <unistd.h>

#include <set>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

/// A copy of what a listener listens on, as if it had been passed to another process.
os::fd copy_of(const tcp_listener& listener) {
  os::fd copy(::dup(listener.descriptor()));
  EXPECT_TRUE(copy);
  return copy;
}

class shared_listener_test : public net_test {
 public:
  shared_listener_test()
      : holder(tcp_listener::bind(l, *socket_address::parse("127.0.0.1:0")).value()) {}

  tcp_listener adopted() { return tcp_listener::adopt(l, copy_of(holder)).value(); }
  socket_address where() { return *holder.local_address(); }

  tcp_listener holder;
};
INSTANTIATE_TEST_SUITE_P(backends, shared_listener_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

task<> take(tcp_listener& from, std::vector<tcp_stream>& into) {
  for (;;) into.push_back(co_await from.accept());
}

TEST_P(shared_listener_test, closing_one_ends_nothing_for_the_other) {
  tcp_listener first = adopted();
  tcp_listener second = adopted();
  play([](tcp_listener& a, tcp_listener& b, socket_address to) -> task<> {
    tcp_stream client = co_await tcp_stream::connect(to);
    tcp_stream accepted = co_await a.accept();
    a.close();
    tcp_stream later = co_await tcp_stream::connect(to);
    tcp_stream taken = co_await b.accept();
    co_await later.write_all("later");
    EXPECT_EQ(co_await read_string(taken, 5), "later");
  }(first, second, where()));
}

/// The queue belongs to the socket: an end of one listener loses nobody who waits in it.
TEST_P(shared_listener_test, who_was_not_accepted_waits_for_the_next) {
  play([](shared_listener_test& t) -> task<> {
    constexpr int count = 40;
    std::vector<tcp_stream> clients;
    std::vector<tcp_stream> accepted;
    tcp_listener first = t.adopted();
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(take(first, accepted));
      for (int i = 0; i < count; ++i) clients.push_back(co_await tcp_stream::connect(t.where()));
      s.cancel();
    });
    const std::size_t by_the_first = accepted.size();
    first.close();
    tcp_listener second = t.adopted();
    while (accepted.size() < clients.size()) accepted.push_back(co_await second.accept());
    std::set<std::string> names;
    for (const tcp_stream& each : accepted) names.insert(each.remote_address()->to_string());
    EXPECT_EQ(names.size(), clients.size()) << by_the_first << " by the first";
    for (tcp_stream& each : accepted) co_await each.write_all("!");
    for (tcp_stream& each : clients) EXPECT_EQ(co_await read_string(each, 1), "!");
  }(*this));
}

TEST_P(shared_listener_test, each_connection_is_accepted_once) {
  play([](shared_listener_test& t) -> task<> {
    constexpr std::size_t count = 100;
    std::vector<tcp_stream> clients;
    std::vector<tcp_stream> by[2];
    tcp_listener listeners[2];
    for (tcp_listener& each : listeners) each = t.adopted();
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 2; ++i) s.spawn(take(listeners[i], by[i]));
      while (clients.size() < count) clients.push_back(co_await tcp_stream::connect(t.where()));
      co_await until([&] { return by[0].size() + by[1].size() >= count; });
      for (int turn = 0; turn < 10; ++turn) co_await yield_now();
      s.cancel();
    });
    EXPECT_EQ(by[0].size() + by[1].size(), count);
  }(*this));
}

TEST_P(shared_listener_test, a_cancelled_accept_can_be_followed_by_another) {
  play([](shared_listener_test& t) -> task<> {
    tcp_listener listener = t.adopted();
    for (int round = 0; round < 3; ++round) {
      const bool came = co_await within(duration::milliseconds(1),
                                        [&]() -> task<> { co_await listener.accept(); });
      EXPECT_FALSE(came);
    }
    tcp_stream client = co_await tcp_stream::connect(t.where());
    tcp_stream accepted = co_await listener.accept();
  }(*this));
}

TEST_P(shared_listener_test, closing_ends_who_accepts) {
  play([](shared_listener_test& t) -> task<> {
    tcp_listener listener = t.adopted();
    co_await with_scope([&](scope& s) -> task<> {
      auto accepting = s.spawn(
          thrown_by([](tcp_listener& from) -> task<> { co_await from.accept(); }(listener)));
      co_await yield_now();
      listener.close();
      EXPECT_EQ(co_await accepting, errc::closed);
    });
  }(*this));
}

TEST_P(shared_listener_test, adopts_nothing_else) {
  const auto code_of = [&](int descriptor) {
    const auto adopted = tcp_listener::adopt(l, os::fd(descriptor));
    return adopted ? errc::ok : adopted.error().code();
  };
  EXPECT_EQ(code_of(-1), errc::invalid_argument);
  EXPECT_EQ(code_of(os::open_tcp_socket(false, true)), errc::invalid_argument);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_NE(code_of(ends[0]), errc::ok);
  EXPECT_NE(code_of(ends[1]), errc::ok);
}

}  // namespace
}  // namespace rondo::testing

// Connecting by name: in which order a host's addresses are tried, and what becomes of the others.
// What names mean is said by a function of the test's own.
#include "net/connect_by_name.hpp"

#include <atomic>

#include <rondo/dns/resolver.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/parallel_scope.hpp>

#include "net/net_fixture.hpp"
#include "support/gate.hpp"

namespace rondo::testing {
namespace {

// What the names of the test have; the family that waits at the gate, if one does.
std::vector<std::string> hosts_v6;
std::vector<std::string> hosts_v4;
gate* closed_gate = nullptr;
address_family waits_at_gate = address_family::any;

result<std::vector<socket_address>> ask_the_test(const std::string& host, address_family which) {
  if (closed_gate != nullptr && which == waits_at_gate) closed_gate->pass();
  std::vector<socket_address> found;
  for (const std::string& each : which == address_family::v6 ? hosts_v6 : hosts_v4) {
    found.push_back(socket_address::from_host(each, 0).value());
  }
  if (found.empty()) return std::unexpected(error(errc::not_found, "look up " + host + ": none"));
  return found;
}

class connect_by_name_test : public net_test {
 protected:
  connect_by_name_test() : names(l, asking_the_test()) {
    hosts_v6.clear();
    hosts_v4.clear();
    closed_gate = nullptr;
    how.names = &names;
    how.attempt_delay = duration::seconds(3'600);
    how.resolution_delay = duration::seconds(3'600);
  }
  ~connect_by_name_test() override { await_calls(); }

 public:
  /// Calls that nobody waits for any more go on, and use what the test or the next one changes.
  void await_calls() {
    await_condition([this] { return l.pool().counts().of(work_kind::names).running == 0; });
  }
  static dns::resolver_options asking_the_test() {
    dns::resolver_options options;
    options.system = &ask_the_test;
    options.cache_entries = 0;
    return options;
  }
  task<tcp_stream> connect(std::uint16_t port) {
    co_return co_await tcp_stream::connect("host.test:" + std::to_string(port), how);
  }

  dns::resolver names;
  connect_options how;
};
INSTANTIATE_TEST_SUITE_P(backends, connect_by_name_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

task<std::uint16_t> port_of_nobody() {
  auto listener = co_await tcp_listener::bind("127.0.0.1:0");
  co_return listener.local_address()->port();
}

/// A listener whose backlog is full: the kernel answers no further SYN.
struct black_hole {
  tcp_listener listener;
  std::vector<tcp_stream> in_it;
  std::uint16_t port() const { return listener.local_address()->port(); }
};

task<black_hole> make_black_hole(std::string_view where) {
  black_hole made;
  listen_options narrow;
  narrow.backlog = 0;
  made.listener = co_await tcp_listener::bind(where, narrow);
  const connect_options soon(duration::milliseconds(50));
  for (;;) {
    auto one = co_await tcp_stream::connect(*made.listener.local_address(), soon).as_result();
    if (!one) break;
    made.in_it.push_back(std::move(*one));
  }
  co_return made;
}

/// One at 127.0.0.2, and one that accepts at 127.0.0.1, with one port. Somebody else may have that
/// of the first at the address of the second: then with another.
struct hole_and_door {
  black_hole hole;
  tcp_listener door;
};

task<hole_and_door> make_hole_and_door() {
  hole_and_door made;
  while (!made.door.is_open()) {
    made.hole = co_await make_black_hole("127.0.0.2:0");
    try {
      made.door = co_await tcp_listener::bind("127.0.0.1:" + std::to_string(made.hole.port()));
    } catch (const error& e) {
      if (e.code() != errc::address_in_use) throw;
    }
  }
  co_return made;
}

TEST(address_order, takes_the_families_in_turn) {
  address_order order;
  const auto of = [](const char* host) { return *socket_address::from_host(host, 1); };
  order.add({of("192.0.2.1"), of("192.0.2.2"), of("192.0.2.3")});
  order.add({of("2001:db8::1"), of("2001:db8::2")});
  std::string all;
  while (const auto next = order.next()) all += next->host() + " ";
  EXPECT_EQ(all, "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 192.0.2.3 ");
  order.add({of("192.0.2.4")});
  EXPECT_EQ(order.next()->host(), "192.0.2.4");
  EXPECT_FALSE(order.next());
}

TEST(host_and_port, are_parted) {
  const auto parts = host_and_port::parse("example.com:443");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->host, "example.com");
  EXPECT_EQ(parts->port, 443);
  for (const char* const bad : {"", ":", ":80", "a", "a:", "a:x", "a:65536", "a:-1", "a:80 ",
                                "a b:80", "::1:80", "[::1:80", "*x:80", "a:80:90"}) {
    EXPECT_FALSE(host_and_port::parse(bad)) << bad;
  }
}

TEST_P(connect_by_name_test, prefers_v6) {
  hosts_v6 = {"::1"};
  hosts_v4 = {"127.0.0.1"};
  play([](auto* t) -> task<> {
    auto listener = co_await tcp_listener::bind("*:0");  // both families
    tcp_stream near = co_await t->connect(listener.local_address()->port());
    EXPECT_EQ(near.remote_address()->host(), "::1");
    tcp_stream far = co_await listener.accept();
    co_await near.write_all("x");
    near.close();
    const std::string got = co_await read_to_end(far);
    EXPECT_EQ(got, "x");
  }(this));
}

TEST_P(connect_by_name_test, goes_on_at_once_where_an_address_refuses) {
  hosts_v6 = {"::1"};
  hosts_v4 = {"127.0.0.2", "127.0.0.1"};
  play([](auto* t) -> task<> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    tcp_stream near = co_await t->connect(listener.local_address()->port());
    EXPECT_EQ(near.remote_address()->host(), "127.0.0.1");
  }(this));
}

TEST_P(connect_by_name_test, tries_the_next_beside_one_that_does_not_answer) {
  hosts_v6 = {};
  hosts_v4 = {"127.0.0.2", "127.0.0.1"};
  how.attempt_delay = duration::milliseconds(20);
  play([](auto* t) -> task<> {
    const hole_and_door both = co_await make_hole_and_door();
    const instant begun = real_clock().now();
    tcp_stream near = co_await t->connect(both.hole.port());
    EXPECT_EQ(near.remote_address()->host(), "127.0.0.1");
    EXPECT_GE(real_clock().now() - begun, duration::milliseconds(20));
  }(this));
}

TEST_P(connect_by_name_test, keeps_the_first_though_the_second_has_been_begun) {
  hosts_v4 = {"127.0.0.2", "127.0.0.3", "127.0.0.1"};
  how.attempt_delay = duration();
  play([](auto* t) -> task<> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    tcp_stream near = co_await t->connect(listener.local_address()->port());
    EXPECT_EQ(near.remote_address()->host(), "127.0.0.1");
  }(this));
}

TEST_P(connect_by_name_test, waits_only_so_long_for_the_other_family) {
  gate hold;
  closed_gate = &hold;
  waits_at_gate = address_family::v6;
  hosts_v4 = {"127.0.0.1"};
  how.resolution_delay = duration::milliseconds(10);
  play([](auto* t) -> task<> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    tcp_stream near = co_await t->connect(listener.local_address()->port());
    EXPECT_EQ(near.remote_address()->host(), "127.0.0.1");
  }(this));
  hold.open();
  await_calls();
}

TEST_P(connect_by_name_test, does_not_wait_for_v4_where_v6_is_there) {
  gate hold;
  closed_gate = &hold;
  waits_at_gate = address_family::v4;
  hosts_v6 = {"::1"};
  play([](auto* t) -> task<> {
    auto listener = co_await tcp_listener::bind("[::1]:0");
    tcp_stream near = co_await t->connect(listener.local_address()->port());
    EXPECT_TRUE(near.is_open());
  }(this));
  hold.open();
  await_calls();
}

TEST_P(connect_by_name_test, tells_of_each_address_where_none_answers) {
  hosts_v6 = {"::1"};
  hosts_v4 = {"127.0.0.2", "127.0.0.1"};
  play([](auto* t) -> task<> {
    const std::uint16_t port = co_await port_of_nobody();
    const std::string to = "host.test:" + std::to_string(port);
    auto failed = co_await tcp_stream::connect(to, t->how).as_result();
    EXPECT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), errc::connection_refused);
    const std::string text = failed.error().what();
    const std::size_t v6 = text.find("connect [::1]:");
    const std::size_t first = text.find("connect 127.0.0.2:");
    const std::size_t second = text.find("connect 127.0.0.1:");
    EXPECT_TRUE(text.starts_with("connect " + to + ": connect ")) << text;
    EXPECT_TRUE(v6 < first && first < second && second != text.npos) << text;
  }(this));
}

TEST_P(connect_by_name_test, says_that_there_is_no_such_name) {
  play([](auto* t) -> task<> {
    auto failed = co_await tcp_stream::connect("host.test:80", t->how).as_result();
    EXPECT_EQ(failed.error().code(), errc::not_found);
    EXPECT_STREQ(failed.error().what(), "connect host.test:80: look up host.test: none");
    failed = co_await tcp_stream::connect("host.test", t->how).as_result();
    EXPECT_EQ(failed.error().code(), errc::invalid_argument);
  }(this));
}

TEST_P(connect_by_name_test, keeps_to_its_time) {
  gate hold;
  closed_gate = &hold;
  waits_at_gate = address_family::v4;
  how.timeout = duration::milliseconds(20);
  play([](auto* t) -> task<> {
    const errc code = co_await thrown_by(t->connect(80));
    EXPECT_EQ(code, errc::timed_out) << "while it looks up";
  }(this));
  hold.open();
  await_calls();
  closed_gate = nullptr;
  hosts_v4 = {"127.0.0.2"};
  play([](auto* t) -> task<> {
    black_hole hole = co_await make_black_hole("127.0.0.2:0");
    const errc code = co_await thrown_by(t->connect(hole.port()));
    EXPECT_EQ(code, errc::timed_out) << "while it connects";
  }(this));
}

TEST_P(connect_by_name_test, can_be_cancelled_at_each_point) {
  hosts_v6 = {"::1"};
  hosts_v4 = {"127.0.0.1"};
  for (int turns = 0; turns < 15; ++turns) {
    play([](auto* t, int turns) -> task<> {
      auto listener = co_await tcp_listener::bind("127.0.0.1:0");
      auto body = [&](scope& s) -> task<> {
        s.spawn(t->connect(listener.local_address()->port()));
        for (int i = 0; i < turns; ++i) co_await sleep_for(duration());
        s.cancel();
      };
      co_await with_scope(body);
    }(this, turns));
  }
}

TEST_P(connect_by_name_test, knows_this_machine) {
  play([]() -> task<> {
    auto listener = co_await tcp_listener::bind("*:0");
    const std::string to = "localhost:" + std::to_string(listener.local_address()->port());
    tcp_stream near = co_await tcp_stream::connect(to);
    EXPECT_TRUE(near.is_open());
  }());
}

task<> connect_again_and_again(std::string to, std::atomic<int>& connected) {
  for (int i = 0; i < 20; ++i) {
    tcp_stream near = co_await tcp_stream::connect(to);
    connected += near.is_open() ? 1 : 0;
    co_await yield_now();
  }
}

TEST(connect_by_name_threads, goes_where_its_task_is) {
  std::atomic<int> connected{0};
  run(
      [](std::atomic<int>& connected) -> task<> {
        auto listener = co_await tcp_listener::bind("*:0");
        const std::string to = "localhost:" + std::to_string(listener.local_address()->port());
        auto serve = [&](scope& s) -> task<> {
          auto accept = [](tcp_listener& from) -> task<> {
            for (;;) static_cast<void>(co_await from.accept());
          };
          s.spawn(accept(listener));
          auto clients = [&](parallel_scope& p) -> task<> {
            for (int i = 0; i < 8; ++i) p.spawn(connect_again_and_again(to, connected));
            co_return;
          };
          co_await with_parallel_scope(clients);
          s.cancel();
        };
        co_await with_scope(serve);
      }(connected),
      multi_thread(3));
  EXPECT_EQ(connected, 8 * 20);
}

}  // namespace
}  // namespace rondo::testing

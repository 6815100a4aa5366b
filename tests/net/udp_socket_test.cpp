// Datagrams between real sockets of the loopback, on every backend.
#include <rondo/net/udp_socket.hpp>

#include <rondo/base/random.hpp>
#include <rondo/os/errors.hpp>

#include "net/net_fixture.hpp"
#include "support/seed.hpp"

namespace rondo::testing {
namespace {

class udp_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, udp_test, ::testing::ValuesIn(granted_backends()), backend_name);

/// Room that is not part of a frame.
struct room {
  explicit room(std::size_t size) : bytes(size) {}
  std::vector<std::byte> bytes;
};

task<std::string> receive_text(udp_socket& from, std::size_t size = 2000) {
  room into(size);
  const datagram got = co_await from.receive(into.bytes);
  co_return std::string(got.text());
}

task<> send_text(udp_socket& by, std::string_view text) {
  co_await by.send(text);
}

TEST_P(udp_test, says_who_sent_it_and_answers_him) {
  play([]() -> task<> {
    udp_socket server = co_await udp_socket::bind("127.0.0.1:0");
    udp_socket client = co_await udp_socket::bind("127.0.0.1:0");
    co_await client.send_to("question", *server.local_address());
    room into(100);
    const datagram asked = co_await server.receive(into.bytes);
    EXPECT_EQ(asked.text(), "question");
    EXPECT_EQ(asked.from, *client.local_address());
    EXPECT_FALSE(asked.truncated);
    EXPECT_EQ(asked.segments(), 1u);
    co_await server.send_to("answer", asked.from);
    EXPECT_EQ(co_await receive_text(client), "answer");
  }());
}

TEST_P(udp_test, speaks_ipv6_and_both) {
  play([]() -> task<> {
    auto v6 = co_await udp_socket::bind("[::1]:0").as_result();
    if (!v6) {
      std::puts(v6.error().what());
      co_return;
    }
    udp_socket six = co_await udp_socket::connect(*v6->local_address());
    co_await six.send("six");
    EXPECT_EQ(co_await receive_text(*v6), "six");

    udp_socket dual = co_await udp_socket::bind("*:0");
    const auto port = dual.local_address()->port();
    udp_socket four = co_await udp_socket::connect(*socket_address::from_host("127.0.0.1", port));
    co_await four.send("four");
    room into(100);
    const datagram got = co_await dual.receive(into.bytes);
    EXPECT_EQ(got.text(), "four");
    EXPECT_EQ(got.from.host(), "::ffff:127.0.0.1");
    co_await dual.send_to("back", got.from);
    EXPECT_EQ(co_await receive_text(four), "back");

    udp_options only;
    only.v6_only = true;
    udp_socket alone = co_await udp_socket::bind("*:0", only);
    const auto its_port = alone.local_address()->port();
    udp_socket refused =
        co_await udp_socket::connect(*socket_address::from_host("127.0.0.1", its_port));
    co_await refused.send("nobody");
    EXPECT_EQ(co_await thrown_by(receive_text(refused)), errc::connection_refused);
  }());
}

TEST_P(udp_test, carries_none_and_the_most_and_refuses_more) {
  play([]() -> task<> {
    udp_socket server = co_await udp_socket::bind("127.0.0.1:0");
    udp_socket client = co_await udp_socket::connect(*server.local_address());
    co_await client.send("");
    EXPECT_EQ(co_await receive_text(server), "");
    const std::string longest = numbered_text(udp_socket::max_bytes);
    const std::string longer = longest + "y";
    const auto too_long = co_await client.send(longer).as_result();
    EXPECT_EQ(too_long.error().code(), errc::message_too_long);
    EXPECT_NE(std::string(too_long.error().what()).find("65507"), std::string::npos);
    co_await client.send(longest);  // the socket goes on, and nothing of the other has been sent
    EXPECT_EQ(co_await receive_text(server, 70'000), longest);
  }());
}

TEST_P(udp_test, tells_what_was_cut_off) {
  play([]() -> task<> {
    udp_socket server = co_await udp_socket::bind("127.0.0.1:0");
    udp_socket client = co_await udp_socket::connect(*server.local_address());
    co_await client.send("longer than that");
    co_await client.send("next");
    room into(6);
    const datagram cut = co_await server.receive(into.bytes);
    EXPECT_EQ(cut.text(), "longer");
    EXPECT_TRUE(cut.truncated);
    const datagram whole = co_await server.receive(into.bytes);
    EXPECT_EQ(whole.text(), "next");
    EXPECT_FALSE(whole.truncated);
  }());
}

TEST_P(udp_test, hears_a_refusal_once_and_goes_on) {
  play([]() -> task<> {
    udp_socket peer = co_await udp_socket::bind("127.0.0.1:0");
    const socket_address where = *peer.local_address();
    peer.close();
    udp_socket client = co_await udp_socket::connect(where);
    co_await client.send("anybody there?");
    EXPECT_EQ(co_await thrown_by(receive_text(client)), errc::connection_refused);
    peer = co_await udp_socket::bind(where);
    co_await client.send("now?");
    EXPECT_EQ(co_await receive_text(peer), "now?");
  }());
}

TEST_P(udp_test, may_change_its_peer) {
  play([]() -> task<> {
    udp_socket one = co_await udp_socket::bind("127.0.0.1:0");
    udp_socket two = co_await udp_socket::bind("127.0.0.1:0");
    udp_socket client = co_await udp_socket::connect(*one.local_address());
    co_await client.send("one");
    EXPECT_TRUE(client.connect_to(*two.local_address()));
    co_await client.send("two");
    EXPECT_EQ(co_await receive_text(one), "one");
    EXPECT_EQ(co_await receive_text(two), "two");
    EXPECT_TRUE(client.disconnect());
    EXPECT_FALSE(client.remote_address());
    const auto lost = co_await client.send("to whom?").as_result();
    EXPECT_FALSE(lost);
  }());
}

TEST_P(udp_test, tells_target_interface_and_congestion) {
  play([]() -> task<> {
    udp_options options;
    options.tell_target = true;
    options.tell_ecn = true;
    for (const char* address : {"0.0.0.0:0", "*:0"}) {
      auto bound = co_await udp_socket::bind(address, options).as_result();
      if (!bound) continue;  // no IPv6 here
      udp_socket& server = *bound;
      const auto port = server.local_address()->port();
      udp_socket client = co_await udp_socket::bind("127.0.0.1:0", options);
      outgoing_datagram out("marked", *socket_address::from_host("127.0.0.2", port));
      out.congestion = ecn::capable;
      co_await client.send(out);
      room into(100);
      const datagram got = co_await server.receive(into.bytes);
      EXPECT_EQ(got.congestion, ecn::capable);
      const std::string host = got.local.host();
      EXPECT_TRUE(host == "127.0.0.2" || host == "::ffff:127.0.0.2") << host;
      EXPECT_GT(got.interface, 0u);
      // The answer comes from where the question went, though the socket is bound to any address.
      outgoing_datagram answer("from there", got.from);
      answer.local = got.local;
      answer.interface = got.interface;
      answer.congestion = ecn::experienced;
      co_await server.send(answer);
      const datagram back = co_await client.receive(into.bytes);
      EXPECT_EQ(back.from, *socket_address::from_host("127.0.0.2", port));
      EXPECT_EQ(back.congestion, ecn::experienced);
    }
  }());
}

TEST_P(udp_test, tells_target_and_congestion_of_ipv6) {
  play([]() -> task<> {
    udp_options options;
    options.tell_target = true;
    options.tell_ecn = true;
    auto server = co_await udp_socket::bind("[::]:0", options).as_result();
    if (!server) co_return;
    const auto port = server->local_address()->port();
    udp_socket client = co_await udp_socket::bind("[::1]:0", options);
    outgoing_datagram out("marked", *socket_address::from_host("::1", port));
    out.congestion = ecn::capable_1;
    out.local = *socket_address::from_host("::1", 0);
    co_await client.send(out);
    room into(100);
    const datagram got = co_await server->receive(into.bytes);
    EXPECT_EQ(got.congestion, ecn::capable_1);
    EXPECT_EQ(got.local.host(), "::1");
  }());
}

TEST_P(udp_test, options_reach_the_kernel) {
  play([]() -> task<> {
    udp_options options;
    options.receive_buffer = 100'000;
    options.broadcast = true;
    udp_socket s = co_await udp_socket::bind("127.0.0.1:0", options);
    EXPECT_GE(s.option(os::option::receive_buffer).value(), 100'000);
    EXPECT_TRUE(s.set_option(os::datagram_option::hops, 3));
    EXPECT_TRUE(s.set_option(os::datagram_option::multicast_hops, 0));
    EXPECT_FALSE(s.set_option(os::datagram_option::hops, 1000));
    const auto taken = co_await udp_socket::bind(*s.local_address()).as_result();
    EXPECT_EQ(taken.error().code(), errc::address_in_use);
    const auto nonsense = co_await udp_socket::bind("nowhere").as_result();
    EXPECT_EQ(nonsense.error().code(), errc::invalid_argument);
  }());
}

TEST_P(udp_test, reuse_port_shares_a_port) {
  play([]() -> task<> {
    udp_options shared;
    shared.reuse_port = true;
    udp_socket one = co_await udp_socket::bind("127.0.0.1:0", shared);
    udp_socket two = co_await udp_socket::bind(*one.local_address(), shared);
    EXPECT_EQ(*one.local_address(), *two.local_address());
  }());
}

/// Whether anything waits is asked without waiting: on the loopback a datagram that was sent has
/// arrived or is lost.
void expect_nothing(const udp_socket& at) {
  EXPECT_EQ(os::poll_one(at.descriptor(), true, false, duration()), 0);
}

// Groups
// -----------------------------------------------------------------------------------------------

task<> talk_in_group(std::string_view any, multicast_group group) {
  udp_options shared;
  shared.reuse_address = true;
  auto bound = co_await udp_socket::bind(any, shared).as_result();
  if (!bound) co_return;
  udp_socket member = std::move(*bound);
  udp_socket other = co_await udp_socket::bind(*member.local_address(), shared);
  const socket_address to =
      *socket_address::from_host(group.address, member.local_address()->port());
  udp_socket speaker = co_await udp_socket::bind(any);
  const auto joined = member.join(group);
  const auto via = speaker.send_multicast_by(group.interface);
  if (!joined || !via) {
    std::printf("no multicast here: %s\n", (joined ? via : joined).error().what());
    co_return;
  }
  EXPECT_TRUE(other.join(group));
  const auto sent = co_await speaker.send_to("to all", to).as_result();
  if (!sent) {
    std::printf("no multicast here: %s\n", sent.error().what());
    co_return;
  }
  EXPECT_EQ(co_await receive_text(member), "to all");
  EXPECT_EQ(co_await receive_text(other), "to all");
  EXPECT_TRUE(other.leave(group));
  EXPECT_FALSE(other.leave(group)) << "it had left";
  co_await speaker.send_to("to one", to);
  EXPECT_EQ(co_await receive_text(member), "to one");
  expect_nothing(other);
  EXPECT_TRUE(speaker.set_option(os::datagram_option::multicast_loop, 0));
}

TEST_P(udp_test, talks_in_groups) {
  multicast_group four("239.255.77.1");
  four.interface = "lo";
  play(talk_in_group("0.0.0.0:0", four));
}

TEST_P(udp_test, talks_in_groups_of_ipv6) {
  multicast_group six("ff11::1234");
  six.interface = "lo";
  play(talk_in_group("[::]:0", six));
}

TEST_P(udp_test, groups_are_named_right) {
  play([]() -> task<> {
    udp_socket s = co_await udp_socket::bind("0.0.0.0:0");
    multicast_group nowhere("239.255.77.1");
    nowhere.interface = "nothing0";
    const auto joined = s.join(nowhere);
    EXPECT_NE(std::string(joined.error().what()).find("nothing0"), std::string::npos);
    EXPECT_FALSE(s.join("not an address"));
    EXPECT_FALSE(s.join("127.0.0.1")) << "no group";
    EXPECT_FALSE(s.send_multicast_by("nothing0"));
  }());
}

TEST_P(udp_test, hears_one_source_of_a_group) {
  play([]() -> task<> {
    udp_socket member = co_await udp_socket::bind("0.0.0.0:0");
    multicast_group from_one("232.1.2.3");
    from_one.interface = "lo";
    from_one.source = "127.0.0.2";
    udp_socket wrong = co_await udp_socket::bind("127.0.0.3:0");
    udp_socket right = co_await udp_socket::bind("127.0.0.2:0");
    if (!member.join(from_one) || !wrong.send_multicast_by("lo") ||
        !right.send_multicast_by("lo")) {
      std::puts("no source-specific multicast here");
      co_return;
    }
    const auto to = *socket_address::from_host("232.1.2.3", member.local_address()->port());
    const auto sent = co_await wrong.send_to("wrong", to).as_result();
    if (!sent) co_return;
    co_await right.send_to("right", to);
    EXPECT_EQ(co_await receive_text(member), "right");
    EXPECT_TRUE(member.leave(from_one));
  }());
}

// Cancels and closes
// ---------------------------------------------------------------------------------------

TEST_P(udp_test, a_cancelled_receive_leaves_the_datagram) {
  play([]() -> task<> {
    random_source random(seed());
    udp_socket server = co_await udp_socket::bind("127.0.0.1:0");
    udp_socket client = co_await udp_socket::connect(*server.local_address());
    int next = 0;
    int sent = 0;
    for (int round = 0; round < 300; ++round) {
      const auto brief = duration::microseconds(static_cast<long>(random.below(200)));
      const auto exchange = [&]() -> task<> {
        co_await with_scope([&](scope& s) -> task<> {
          s.spawn([](udp_socket& by, int& n) -> task<> {
            co_await sleep_for(duration::microseconds(50));
            co_await by.send(std::to_string(n));
            ++n;
          }(client, sent));
          const std::string got = co_await receive_text(server);
          EXPECT_EQ(got, std::to_string(next));
          ++next;
        });
      };
      co_await within(brief, exchange());
    }
    for (; next < sent; ++next) EXPECT_EQ(co_await receive_text(server), std::to_string(next));
  }());
}

TEST_P(udp_test, closing_ends_who_waits) {
  play([]() -> task<> {
    udp_socket server = co_await udp_socket::bind("127.0.0.1:0");
    datagram_batch batch(4, 100);
    co_await with_scope([&](scope& s) -> task<> {
      auto waits = s.spawn(thrown_by(receive_text(server)));
      auto waits_for_many = s.spawn([](udp_socket& from, datagram_batch& into) -> task<errc> {
        const auto got = co_await from.receive_many(into).as_result();
        co_return got ? errc::ok : got.error().code();
      }(server, batch));
      co_await yield_now();
      server.close();
      EXPECT_EQ(co_await waits, errc::closed);
      EXPECT_EQ(co_await waits_for_many, errc::closed);
    });
    EXPECT_EQ(co_await thrown_by(receive_text(server)), errc::closed);
    EXPECT_EQ(co_await thrown_by(send_text(server, "x")), errc::closed);
  }());
}

}  // namespace
}  // namespace rondo::testing

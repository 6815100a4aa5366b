// Unix sockets that keep messages whole: datagrams, and connections of messages.
#include <sys/resource.h>
#include <unistd.h>

#include <rondo/net/unix_datagram.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/parallel_scope.hpp>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

/// Names that no other test of this machine uses.
std::string own_name(std::string_view what) {
  return "@rondo test " + std::to_string(::getpid()) + " " + std::string(what);
}

class unix_message_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, unix_message_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

task<std::string> receive_text(unix_message_socket& from) {
  std::vector<std::byte> room(100'000);
  const unix_message got = co_await from.receive(room);
  co_return std::string(got.text());
}

TEST_P(unix_message_test, datagrams_have_senders) {
  play([]() -> task<> {
    unix_bind_options options;
    options.tell_credentials = true;
    unix_datagram server = co_await unix_datagram::bind(own_name("server"), options);
    unix_datagram client = co_await unix_datagram::bind(own_name("client"));
    const unix_address where = *server.local_address();
    co_await client.send_to("question", where);
    std::byte room[100];
    const unix_message asked = co_await server.receive(room);
    EXPECT_EQ(asked.text(), "question");
    EXPECT_EQ(asked.from.to_string(), own_name("client"));
    EXPECT_TRUE(asked.sender);
    EXPECT_EQ(asked.sender->process, ::getpid());
    co_await server.send_to("answer", asked.from);
    EXPECT_EQ(co_await receive_text(client), "answer");
    unix_datagram nameless = co_await unix_datagram::unbound();
    co_await nameless.send_to("", where);
    const unix_message empty = co_await server.receive(room);
    EXPECT_TRUE(empty.bytes.empty());
    EXPECT_TRUE(empty.from.to_string().empty());
    EXPECT_EQ(co_await thrown_by(nameless.send_to("x", *unix_address::parse(own_name("none")))),
              errc::connection_refused);
  }());
}

TEST_P(unix_message_test, whole_cut_and_too_long) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_seqpacket::pair();
    const std::string text = numbered_text(50'000);
    co_await a.send(text);
    co_await a.send("short");
    EXPECT_EQ(co_await receive_text(b), text);
    std::byte room[3];
    const unix_message cut = co_await b.receive(room);
    EXPECT_EQ(cut.text(), "sho");
    EXPECT_TRUE(cut.truncated);
    const std::string longer(10'000'000, 'x');
    EXPECT_EQ(co_await thrown_by(a.send(longer)), errc::message_too_long);
    const std::string_view nothing;
    EXPECT_EQ(co_await thrown_by(a.send(nothing)), errc::invalid_argument);
    EXPECT_EQ(b.peer_credentials()->process, ::getpid());
    a.close();
    EXPECT_EQ(co_await receive_text(b), "") << "the end";
    EXPECT_EQ(co_await thrown_by(b.send("x")), errc::broken_pipe);
  }());
}

task<> fill(unix_message_socket& to, const unix_address& where, int& sent) {
  for (;;) {
    unix_parcel one(std::string_view("x"));
    one.to = where;
    co_await to.send(one);
    ++sent;
  }
}

/// Fills the receiver's queue until the sender waits and is cancelled; nothing is lost or doubled.
task<> fill_and_empty(unix_datagram& from, unix_datagram& to, unix_address where) {
  int sent = 0;
  co_await within(duration::milliseconds(30), fill(from, where, sent));
  EXPECT_GT(sent, 0);
  co_await with_scope([&](scope& s) -> task<> {
    unix_parcel last(std::string_view("last"));
    last.to = where;
    auto waits = s.spawn(from.send(last));
    for (int i = 0; i < sent; ++i) EXPECT_EQ(co_await receive_text(to), "x");
    co_await waits;
    EXPECT_EQ(co_await receive_text(to), "last");
  });
}

TEST_P(unix_message_test, who_sends_too_much_waits) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_datagram::pair();
    co_await fill_and_empty(a, b, {});
    unix_datagram server = co_await unix_datagram::bind(own_name("full"));
    unix_datagram client = co_await unix_datagram::unbound();
    co_await fill_and_empty(client, server, *server.local_address());
    unix_datagram connected = co_await unix_datagram::connect(own_name("full"));
    co_await fill_and_empty(connected, server, {});
  }());
}

TEST_P(unix_message_test, passes_descriptors_and_tells_of_lost_ones) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_datagram::pair();
    const std::vector<int> passed(100, a.descriptor());
    unix_parcel some(std::string_view("some"));
    some.descriptors = std::span(passed).first(2);
    unix_parcel many(std::string_view("many"));
    many.descriptors = passed;
    co_await a.send(some);
    co_await a.send(many);
    co_await a.send(some);
    std::byte room[100];
    EXPECT_EQ((co_await b.receive(room)).descriptors.size(), 2u);
    rlimit before = {};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit tight = {.rlim_cur = 50, .rlim_max = before.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    const unix_message lost = co_await b.receive(room);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(lost.text(), "many");
    EXPECT_TRUE(lost.descriptors_lost);
    EXPECT_TRUE(lost.descriptors.empty());
    EXPECT_EQ((co_await b.receive(room)).descriptors.size(), 2u);
  }());
}

TEST_P(unix_message_test, connections_of_messages) {
  play([]() -> task<> {
    unix_seqpacket_listener listener = co_await unix_seqpacket_listener::bind(own_name("seq"));
    unix_seqpacket near = co_await unix_seqpacket::connect(own_name("seq"));
    unix_seqpacket far = co_await listener.accept();
    for (int i = 0; i < 100; ++i) co_await near.send(std::to_string(i));
    for (int i = 0; i < 100; ++i) EXPECT_EQ(co_await receive_text(far), std::to_string(i));
    co_await with_scope([&](scope& s) -> task<> {
      auto waits = s.spawn(thrown_by(receive_text(far)));
      co_await yield_now();
      far.close();
      EXPECT_EQ(co_await waits, errc::closed);
    });
    EXPECT_EQ(co_await receive_text(near), "");
  }());
}

TEST_P(unix_message_test, a_cancelled_receive_takes_nothing) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_seqpacket::pair();
    for (int i = 0; i < 20; ++i) {
      EXPECT_FALSE(co_await within(duration::microseconds(100), receive_text(b)));
      co_await a.send(std::to_string(i));
      EXPECT_EQ(co_await receive_text(b), std::to_string(i));
    }
  }());
}

// Tasks that move
// ---------------------------------------------------------------------------------------

task<> ping(unix_datagram mine, int times) {
  for (int i = 0; i < times; ++i) {
    const std::string text = std::to_string(i);
    co_await mine.send(text);
    if (co_await receive_text(mine) != text) throw std::runtime_error("a wrong answer");
  }
}

task<> pong(unix_datagram mine, int times) {
  for (int i = 0; i < times; ++i) {
    const std::string text = co_await receive_text(mine);
    co_await mine.send(text);
  }
}

task<> play_many(int pairs, int times) {
  co_await with_parallel_scope([&](parallel_scope& s) -> task<> {
    for (int i = 0; i < pairs; ++i) {
      auto [a, b] = co_await unix_datagram::pair();
      s.spawn(ping(std::move(a), times));
      s.spawn(pong(std::move(b), times));
    }
  });
}

TEST(unix_threads_test, messages_arrive_while_tasks_move) {
  for (int workers : {1, 4}) run(play_many(16, 100), multi_thread(workers));
}

}  // namespace
}  // namespace rondo::testing

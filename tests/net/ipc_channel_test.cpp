// Messages between the two ends of a channel, on every backend.
#include <rondo/net/ipc_channel.hpp>

#include <sys/resource.h>

#include <rondo/base/random.hpp>
#include <rondo/os/message_socket.hpp>

#include "net/net_fixture.hpp"
#include "support/seed.hpp"

namespace rondo::testing {
namespace {

class ipc_channel_test : public net_test {
 public:
  ipc_channel_test() {
    os::fd other;
    near = ipc_channel::pair(l, other).value();
    far = ipc_channel::adopt(l, std::move(other)).value();
  }

  ipc_channel near;
  ipc_channel far;
};
INSTANTIATE_TEST_SUITE_P(backends, ipc_channel_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

task<> send_text(ipc_channel& to, std::string text) {
  co_await to.send(text);
}

task<std::string> receive_text(ipc_channel& from) {
  const auto got = co_await from.receive();
  co_return got ? std::string(got->text()) : "the end";
}

TEST_P(ipc_channel_test, carries_messages_both_ways) {
  play([](ipc_channel& a, ipc_channel& b) -> task<> {
    co_await a.send("to b");
    co_await b.send("to a");
    ipc_parcel empty;
    empty.tag = 7;
    co_await a.send(empty);
    EXPECT_EQ(co_await receive_text(b), "to b");
    EXPECT_EQ(co_await receive_text(a), "to a");
    const auto nothing = co_await b.receive();
    EXPECT_TRUE(nothing && nothing->bytes.empty());
    EXPECT_EQ(nothing->tag, 7);
    a.close();
    EXPECT_EQ(co_await receive_text(b), "the end");
    EXPECT_EQ(co_await receive_text(b), "the end");
    EXPECT_EQ(co_await thrown_by(send_text(b, "x")), errc::broken_pipe);
  }(near, far));
}

TEST_P(ipc_channel_test, who_receives_waits_and_who_sends_too_much_waits) {
  play([](ipc_channel& a, ipc_channel& b) -> task<> {
    constexpr int count = 200;
    int sent = 0;
    const std::string text = numbered_text(ipc_channel::max_bytes);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([](ipc_channel& to, const std::string& what, int& done) -> task<> {
        for (; done < count; ++done) co_await to.send(what);
        to.close();
      }(a, text, sent));
      // The socket holds a few of them: the sender stops there, whatever time it is given.
      co_await until([&] { return sent > 0; });
      for (int turn = 0; turn < 100; ++turn) co_await yield_now();
      EXPECT_LT(sent, count / 2);
      for (int i = 0; i < count; ++i) {
        const auto got = co_await b.receive();
        EXPECT_TRUE(got && got->text() == text);
      }
      EXPECT_EQ(co_await receive_text(b), "the end");
    });
  }(near, far));
}

TEST_P(ipc_channel_test, passes_a_listener_that_goes_on_where_it_was) {
  play([](loop& l, ipc_channel& a, ipc_channel& b) -> task<> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    const socket_address where = *listener.local_address();
    tcp_stream waiting = co_await tcp_stream::connect(where);  // in the queue of the socket
    const int passed[] = {listener.descriptor()};
    co_await a.send({bytes_of("listen"), passed});
    auto got = co_await b.receive();
    EXPECT_EQ(got->descriptors.size(), 1u);
    auto adopted = tcp_listener::adopt(l, std::move(got->descriptors.at(0)));
    EXPECT_TRUE(adopted);
    tcp_stream accepted = co_await adopted->accept();
    co_await waiting.write_all("through");
    EXPECT_EQ(co_await read_string(accepted, 7), "through");
  }(l, near, far));
}

TEST_P(ipc_channel_test, refuses_what_does_not_fit) {
  play([](ipc_channel& a, ipc_channel& b) -> task<> {
    const std::string longest(ipc_channel::max_bytes, 'x');
    EXPECT_EQ(co_await thrown_by(send_text(a, longest + "y")), errc::message_too_long);
    const std::vector<int> descriptors(os::max_passed_descriptors + 1, 0);
    const ipc_parcel many({}, descriptors);
    const auto sent = co_await a.send(many).as_result();
    EXPECT_EQ(sent.error().code(), errc::invalid_argument);
    co_await a.send("fits");
    EXPECT_EQ(co_await receive_text(b), "fits");
  }(near, far));
}

TEST_P(ipc_channel_test, goes_on_where_descriptors_found_no_room) {
  play([](ipc_channel& a, ipc_channel& b) -> task<> {
    const std::vector<int> passed(100, a.descriptor());
    co_await a.send({bytes_of("many"), passed});
    co_await a.send("next");
    rlimit before = {};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit tight = {.rlim_cur = 50, .rlim_max = before.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    const auto got = co_await b.receive().as_result();
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(got.error().code(), errc::too_many_descriptors);
    EXPECT_EQ(co_await receive_text(b), "next");
  }(near, far));
}

TEST_P(ipc_channel_test, a_cancel_takes_nothing) {
  play([](ipc_channel& a, ipc_channel& b) -> task<> {
    random_source random(seed());
    int next = 0;
    int sent = 0;
    for (int round = 0; round < 200; ++round) {
      const auto brief = duration::microseconds(static_cast<long>(random.below(200)));
      auto exchange = [&]() -> task<> {
        co_await with_scope([&](scope& s) -> task<> {
          s.spawn([](ipc_channel& to, int& n) -> task<> {
            co_await sleep_for(duration::microseconds(50));
            co_await to.send(std::to_string(n));
            ++n;
          }(a, sent));
          const std::string got = co_await receive_text(b);
          EXPECT_EQ(got, std::to_string(next));
          ++next;
        });
      };
      co_await within(brief, exchange());
    }
    while (next < sent) {
      EXPECT_EQ(co_await receive_text(b), std::to_string(next));
      ++next;
    }
    co_await a.send("nothing between");
    EXPECT_EQ(co_await receive_text(b), "nothing between");
  }(near, far));
}

TEST_P(ipc_channel_test, closing_ends_who_waits) {
  play([](ipc_channel& a) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      auto waits = s.spawn(thrown_by(receive_text(a)));
      co_await yield_now();
      a.close();
      EXPECT_EQ(co_await waits, errc::closed);
    });
    EXPECT_EQ(co_await thrown_by(receive_text(a)), errc::closed);
  }(near));
}

TEST_P(ipc_channel_test, may_be_moved_while_somebody_waits) {
  play([](ipc_channel& a, ipc_channel& b) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      auto waits = s.spawn(receive_text(b));
      co_await yield_now();
      const ipc_channel moved = std::move(b);
      co_await a.send("moved");
      EXPECT_EQ(co_await waits, "moved");
    });
  }(near, far));
}

TEST_P(ipc_channel_test, adopts_nothing_else) {
  const auto tcp = ipc_channel::adopt(l, os::fd(os::open_tcp_socket(false, true)));
  EXPECT_FALSE(tcp);
  const auto none = ipc_channel::adopt(l, os::fd());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), errc::bad_descriptor);
}

}  // namespace
}  // namespace rondo::testing

// Many datagrams at once: batches, datagrams that the kernel cuts and joins, and a million of them.
#include <rondo/async/offload.hpp>
#include <rondo/net/udp_socket.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/parallel_scope.hpp>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

class udp_batch_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, udp_batch_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

struct two_sockets {
  udp_socket server;
  udp_socket client;
};

task<two_sockets> connected_pair(udp_options options = {}) {
  two_sockets made;
  made.server = co_await udp_socket::bind("127.0.0.1:0", options);
  made.client = co_await udp_socket::connect(*made.server.local_address());
  co_return made;
}

TEST_P(udp_batch_test, batches_keep_bounds_and_order) {
  play([]() -> task<> {
    two_sockets s = co_await connected_pair();
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i) texts.push_back(numbered_text(static_cast<std::size_t>(i * 7)));
    const std::vector<outgoing_datagram> out(texts.begin(), texts.end());
    EXPECT_EQ(co_await s.client.send_many(out), texts.size());
    datagram_batch batch(16, 200);
    std::size_t next = 0;
    while (next < texts.size()) {
      EXPECT_GT(co_await s.server.receive_many(batch), 0u);
      EXPECT_LE(batch.size(), 16u);
      for (const datagram& d : batch) {
        const std::string& sent = texts.at(next++);
        EXPECT_EQ(d.text(), sent.substr(0, 200));
        EXPECT_EQ(d.truncated, sent.size() > 200);
        EXPECT_EQ(d.from, *s.client.local_address());
      }
    }
    EXPECT_EQ(co_await s.client.send_many({}), 0u);
  }());
}

TEST_P(udp_batch_test, one_batch_goes_to_many) {
  play([]() -> task<> {
    udp_socket sender = co_await udp_socket::bind("127.0.0.1:0");
    udp_socket receivers[3];
    std::vector<outgoing_datagram> out;
    for (udp_socket& r : receivers) {
      r = co_await udp_socket::bind("127.0.0.1:0");
      out.emplace_back("to each", *r.local_address());
    }
    EXPECT_EQ(co_await sender.send_many(out), 3u);
    datagram_batch batch(2, 100);
    for (udp_socket& r : receivers) {
      EXPECT_EQ(co_await r.receive_many(batch), 1u);
      EXPECT_EQ(batch[0].text(), "to each");
    }
  }());
}

TEST_P(udp_batch_test, stops_at_the_one_that_fails) {
  play([]() -> task<> {
    two_sockets s = co_await connected_pair();
    const std::string too_long(udp_socket::max_bytes + 1, 'x');
    const std::vector<std::string_view> texts = {"good", "good, too", too_long, "not sent"};
    const std::vector<outgoing_datagram> out(texts.begin(), texts.end());
    EXPECT_EQ(co_await s.client.send_many(out), 2u);
    const auto rest = std::span(out).subspan(2);
    EXPECT_EQ(co_await thrown_by(s.client.send_many(rest)), errc::message_too_long);
  }());
}

TEST_P(udp_batch_test, waits_for_the_first) {
  play([]() -> task<> {
    udp_options telling;
    telling.tell_target = true;
    two_sockets s = co_await connected_pair(telling);
    datagram_batch batch(8, 6);
    for (int round = 0; round < 50; ++round) {
      co_await with_scope([&](scope& in) -> task<> {
        auto waits = in.spawn([](udp_socket& from, datagram_batch& into) -> task<std::size_t> {
          co_return co_await from.receive_many(into);
        }(s.server, batch));
        for (int turn = 0; turn < 3; ++turn) co_await yield_now();
        co_await s.client.send("longer than that");
        EXPECT_EQ(co_await waits, 1u);
      });
      EXPECT_EQ(batch[0].text(), "longer");
      EXPECT_TRUE(batch[0].truncated);
      EXPECT_EQ(batch[0].local.host(), "127.0.0.1");
      EXPECT_EQ(batch[0].from, *s.client.local_address());
    }
  }());
}

// Cut and joined by the kernel
// -----------------------------------------------------------------------------

task<> send_cut(udp_socket& by, const std::string& text, std::size_t segment_size) {
  std::size_t sent = 0;
  const std::size_t all = (text.size() + segment_size - 1) / segment_size;
  while (sent < all) {
    const auto rest = std::string_view(text).substr(sent * segment_size);
    sent += co_await by.send_segments(outgoing_datagram(rest), segment_size);
  }
  EXPECT_EQ(sent, all);
}

task<> expect_segments(udp_socket& from, const std::string& text, std::size_t segment_size) {
  std::vector<std::byte> into(65'536);
  std::string all;
  while (all.size() < text.size()) {
    const datagram got = co_await from.receive(into);
    EXPECT_FALSE(got.truncated);
    for (std::size_t i = 0; i < got.segments(); ++i) {
      const auto part = got.segment(i);
      EXPECT_EQ(part.size(), std::min(segment_size, text.size() - all.size()));
      all.append(reinterpret_cast<const char*>(part.data()), part.size());
    }
  }
  EXPECT_EQ(all, text);
}

TEST_P(udp_batch_test, cuts_what_is_sent) {
  play([]() -> task<> {
    const std::string text = numbered_text(150'000);
    for (const bool coalesce : {false, true}) {
      udp_options options;
      options.coalesce = coalesce;
      options.receive_buffer = 4'000'000;
      two_sockets s = co_await connected_pair(options);
      for (const std::size_t size : {1200, 1, 40'000, 65'507}) {
        const std::string part = text.substr(0, size == 1 ? 200 : text.size());
        co_await send_cut(s.client, part, size);
        co_await expect_segments(s.server, part, size);
      }
    }
  }());
}

TEST_P(udp_batch_test, sends_apart_what_the_kernel_does_not_cut) {
  play([]() -> task<> {
    two_sockets s = co_await connected_pair();
    // Segments larger than the packets of the way are refused by UDP_SEGMENT, and go in fragments.
    const std::string text = numbered_text(3 * 65'500);
    co_await send_cut(s.client, text.substr(0, 2 * 65'500), 65'500);
    co_await expect_segments(s.server, text.substr(0, 2 * 65'500), 65'500);
    const outgoing_datagram nothing;
    EXPECT_EQ(co_await thrown_by(s.client.send_segments(nothing, 0)), errc::invalid_argument);
    EXPECT_EQ(co_await s.client.send_segments(nothing, 100), 1u) << "an empty one is one";
  }());
}

// A million
// ------------------------------------------------------------------------------------------------

/// At most so many are under way, so that the receive buffer holds them all.
constexpr std::size_t window = 128;

task<> send_million(udp_socket& by, std::size_t count, const std::size_t& received) {
  std::vector<std::uint64_t> numbers(64);
  std::vector<outgoing_datagram> out;
  for (const std::uint64_t& n : numbers) out.emplace_back(std::as_bytes(std::span(&n, 1)));
  for (std::size_t sent = 0; sent < count;) {
    while (sent - received > window - 64) co_await yield_now();
    for (std::size_t i = 0; i < 64; ++i) numbers[i] = sent + i;
    sent += co_await by.send_many(std::span(out).first(std::min<std::size_t>(64, count - sent)));
  }
}

task<> count_million(udp_socket& from, std::size_t count, std::size_t& received) {
  datagram_batch batch(64, 64);
  while (received < count) {
    co_await from.receive_many(batch);
    for (const datagram& d : batch) {
      std::uint64_t number = 0;
      std::copy_n(d.bytes.data(), sizeof number, reinterpret_cast<std::byte*>(&number));
      if (number != received) throw std::runtime_error("lost or out of order");
      ++received;
    }
  }
}

TEST_P(udp_batch_test, none_of_a_million_is_lost) {
  play([]() -> task<> {
    constexpr std::size_t count = 1'000'000;
    udp_options roomy;
    roomy.receive_buffer = 1'000'000;
    two_sockets s = co_await connected_pair(roomy);
    std::size_t received = 0;
    co_await when_all(send_million(s.client, count, received),
                      count_million(s.server, count, received));
    EXPECT_EQ(received, count);
  }());
}

// Tasks that move
// ---------------------------------------------------------------------------------------

task<> ask(const socket_address& server, int times) {
  udp_socket client = co_await udp_socket::connect(server);
  std::vector<std::byte> into(100);
  for (int i = 0; i < times; ++i) {
    const std::string text = std::to_string(i);
    co_await client.send(text);
    const datagram got = co_await client.receive(into);
    if (got.text() != text) throw std::runtime_error("a wrong answer");
  }
}

task<> answer(udp_socket& server) {
  datagram_batch batch(32, 100);
  for (;;) {
    co_await server.receive_many(batch);
    for (const datagram& d : batch) co_await server.send_to(d.bytes, d.from);
  }
}

task<> ask_from_many(int clients, int times) {
  udp_socket server = co_await udp_socket::bind("127.0.0.1:0");
  const socket_address where = *server.local_address();
  co_await with_parallel_scope([&](parallel_scope& s) -> task<> {
    const auto answering = s.spawn(answer(server));
    co_await with_parallel_scope([&](parallel_scope& asking) -> task<> {
      for (int i = 0; i < clients; ++i) asking.spawn(ask(where, times));
      co_return;
    });
    s.cancel();
  });
}

TEST(udp_threads_test, answer_while_they_move) {
  for (int workers : {1, 4}) run(ask_from_many(16, 200), multi_thread(workers));
}

}  // namespace
}  // namespace rondo::testing

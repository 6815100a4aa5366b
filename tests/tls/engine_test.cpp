// TLS without I/O: agreeing, records cut everywhere, ends told and untold, keys changed.
#include <random>

#include "support/seed.hpp"
#include "tls/tls_fixture.hpp"

namespace rondo::testing {
namespace {

using tls::context;
using tls::step;

void write(tls::engine& to, std::string_view text) {
  const auto written = to.write(bytes_of(text));
  ASSERT_TRUE(written) << written.error().what();
}

class engine_test : public ::testing::Test {
 public:
  context client{plain_client()};
  context server{plain_server()};
};

TEST_F(engine_test, agrees_and_carries_both_ways) {
  engine_pair pair(client, server);
  EXPECT_FALSE(pair.client.is_established());
  pair.shake_hands();
  ASSERT_FALSE(pair.client_failure) << pair.client_failure->what();
  ASSERT_FALSE(pair.server_failure) << pair.server_failure->what();
  EXPECT_TRUE(pair.client.is_established());
  EXPECT_TRUE(pair.server.is_established());
  EXPECT_EQ(pair.client.version(), tls::version::tls_1_3);
  EXPECT_EQ(pair.client.cipher(), pair.server.cipher());
  EXPECT_EQ(pair.server.server_name(), "localhost");
  EXPECT_EQ(pair.client.protocol(), "");
  EXPECT_FALSE(pair.client.resumed());
  EXPECT_FALSE(pair.server.peer_certificate());
  const auto shown = pair.client.peer_certificate();
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->subject, "CN=test");
  EXPECT_EQ(shown->issuer, "CN=Rondo's test authority");
  EXPECT_EQ(shown->names, (std::vector<std::string>{"localhost", "127.0.0.1"}));
  EXPECT_EQ(shown->sha256.size(), 64u);
  EXPECT_EQ(shown->valid_until - shown->valid_from, 25 * 3600);

  write(pair.client, "there");
  write(pair.server, "back");
  pair.exchange();
  EXPECT_EQ(read_all(pair.server), "there");
  EXPECT_EQ(read_all(pair.client), "back");
}

TEST_F(engine_test, an_end_is_told_in_each_direction_alone) {
  engine_pair pair(client, server);
  pair.shake_hands();
  write(pair.client, "last words");
  pair.client.end_writing();
  pair.client.end_writing();
  pair.exchange();
  result<tls::engine::reading> last;
  EXPECT_EQ(read_all(pair.server, &last), "last words");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->at, step::ended);
  EXPECT_EQ(pair.client.write(bytes_of("more")).error().code(), errc::broken_pipe);
  write(pair.server, "still here");
  pair.exchange();
  EXPECT_EQ(read_all(pair.client, &last), "still here");
  EXPECT_EQ(last->at, step::needs_input);
  pair.client.input_ended();
  EXPECT_EQ(pair.client.read(std::span<std::byte>()).value().count, 0u);
}

TEST_F(engine_test, a_wire_that_ends_too_early_is_told_apart) {
  engine_pair pair(client, server);
  pair.shake_hands();
  write(pair.client, "all of it?");
  pair.exchange();
  pair.server.input_ended();
  result<tls::engine::reading> last;
  EXPECT_EQ(read_all(pair.server, &last), "all of it?");
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code(), errc::truncated);
  EXPECT_TRUE(pair.server.was_truncated());
  EXPECT_EQ(pair.server.handshake().error().code(), errc::truncated);
}

TEST_F(engine_test, a_wire_that_ends_in_the_handshake_is_an_end) {
  engine_pair pair(client, server);
  static_cast<void>(pair.client.handshake());
  pair.exchange();
  pair.server.input_ended();
  static_cast<void>(pair.server.handshake());
  pair.client.input_ended();
  const auto failed = pair.client.handshake();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), errc::end_of_stream);
  EXPECT_EQ(std::string(failed.error().what()),
            "tls handshake with localhost: the peer closed the connection before it was over");
}

TEST_F(engine_test, records_may_be_cut_anywhere) {
  std::mt19937_64 random(seed());
  for (int round = 0; round < 20; ++round) {
    engine_pair pair(client, server);
    pair.shake_hands();
    const std::string text = numbered_text(random() % 100'000);
    std::string wire;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t count = std::min<std::size_t>(1 + random() % 40'000, text.size() - at);
      ASSERT_TRUE(pair.client.encode(bytes_of(text).subspan(at, count), wire));
      at += count;
    }
    pair.client.end_writing();
    pair.client.take_output(wire);
    std::string plain;
    step last = step::done;
    for (std::size_t at = 0; at < wire.size();) {
      const std::size_t count =
          std::min<std::size_t>(1 + random() % (round % 2 == 0 ? 20 : 20'000), wire.size() - at);
      const auto piece = bytes_of(wire).subspan(at, count);
      if (random() % 2 == 0) {
        const auto came = pair.server.decode(piece, plain);
        ASSERT_TRUE(came) << came.error().what();
        last = *came;
      } else {
        pair.server.input_arrived(piece);
        plain += read_all(pair.server);
        last = *pair.server.decode({}, plain);
      }
      at += count;
    }
    EXPECT_EQ(plain, text);
    EXPECT_EQ(last, step::ended);
  }
}

TEST_F(engine_test, a_handshake_byte_by_byte) {
  engine_pair pair(client, server);
  for (int turns = 0; turns < 10; ++turns) {
    for (auto [from, to] : {std::pair(&pair.client, &pair.server), {&pair.server, &pair.client}}) {
      static_cast<void>(from->handshake());
      std::string wire;
      from->take_output(wire);
      for (const std::byte& each : bytes_of(wire)) {
        to->input_arrived(std::span(&each, 1));
        const auto came = to->handshake();
        ASSERT_TRUE(came) << came.error().what();
      }
    }
  }
  EXPECT_TRUE(pair.client.is_established());
  EXPECT_TRUE(pair.server.is_established());
}

TEST_F(engine_test, garbage_is_refused_and_never_worse) {
  std::mt19937_64 random(seed());
  for (int round = 0; round < 200; ++round) {
    tls::engine server_side(server);
    std::string garbage;
    for (std::size_t i = 0; i < 200 + random() % 2000; ++i) garbage += static_cast<char>(random());
    server_side.input_arrived(bytes_of(garbage));
    const auto came = server_side.handshake();
    ASSERT_TRUE(!came || *came == step::needs_input);
  }
  tls::engine server_side(server);
  server_side.input_arrived(bytes_of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const auto came = server_side.handshake();
  ASSERT_FALSE(came);
  EXPECT_EQ(came.error().code(), errc::protocol);
  EXPECT_NE(std::string(came.error().what()).find("plain HTTP"), std::string::npos);
}

/// Each byte of what a client sends, changed: the server may refuse or wait, and nothing else.
TEST_F(engine_test, a_changed_byte_never_goes_unnoticed) {
  std::mt19937_64 random(seed());
  for (int round = 0; round < 100; ++round) {
    engine_pair pair(client, server);
    pair.shake_hands();
    std::string wire;
    ASSERT_TRUE(pair.client.encode(bytes_of("precious"), wire));
    wire[random() % wire.size()] ^= static_cast<char>(1 << random() % 8);
    std::string plain;
    const auto came = pair.server.decode(bytes_of(wire), plain);
    EXPECT_TRUE(!came || *came == step::done);
    EXPECT_EQ(plain, "");
    EXPECT_EQ(pair.server.has_output(), !came) << "the client is told why";
  }
}

TEST_F(engine_test, keys_change_on_demand) {
  engine_pair pair(client, server);
  pair.shake_hands();
  for (int i = 0; i < 5; ++i) {
    pair.client.update_keys();
    write(pair.client, "new keys");
    pair.exchange();
    EXPECT_EQ(read_all(pair.server), "new keys");
    write(pair.server, "mine too");
    pair.exchange();
    EXPECT_EQ(read_all(pair.client), "mine too");
  }
}

TEST_F(engine_test, both_versions_and_no_older_one) {
  auto old = plain_client();
  old.maximum = tls::version::tls_1_2;
  const context old_client(std::move(old));
  engine_pair pair(old_client, server);
  pair.shake_hands();
  EXPECT_EQ(pair.server.version(), tls::version::tls_1_2);
  pair.client.update_keys();  // nothing to TLS 1.2
  write(pair.client, "old");
  pair.exchange();
  EXPECT_EQ(read_all(pair.server), "old");

  auto modern = plain_server();
  modern.minimum = tls::version::tls_1_3;
  const context modern_server(std::move(modern));
  engine_pair apart(old_client, modern_server);
  apart.shake_hands();
  ASSERT_TRUE(apart.client_failure);
  ASSERT_TRUE(apart.server_failure);
  EXPECT_EQ(apart.server_failure->code(), errc::protocol);
  EXPECT_NE(std::string(apart.server_failure->what()).find("no version in common"),
            std::string::npos);
}

TEST_F(engine_test, protocols_are_chosen_by_the_server) {
  const auto client_with = [](std::vector<std::string> protocols) {
    auto options = plain_client();
    options.protocols = std::move(protocols);
    return context(std::move(options));
  };
  auto options = plain_server();
  options.protocols = {"h2", "http/1.1"};
  const context speaks_both(std::move(options));
  const context first_old = client_with({"http/1.1", "h2"});
  engine_pair both(first_old, speaks_both);
  both.shake_hands();
  EXPECT_EQ(both.client.protocol(), "h2");
  EXPECT_EQ(both.server.protocol(), "h2");

  engine_pair silent(client, speaks_both);
  silent.shake_hands();
  EXPECT_TRUE(silent.server.is_established());
  EXPECT_EQ(silent.server.protocol(), "");

  const context stranger = client_with({"gopher"});
  engine_pair none(stranger, speaks_both);
  none.shake_hands();
  ASSERT_TRUE(none.server_failure);
  EXPECT_EQ(none.server_failure->code(), errc::protocol);
  ASSERT_TRUE(none.client_failure);
  EXPECT_THROW(client_with({""}), error);
}

}  // namespace
}  // namespace rondo::testing

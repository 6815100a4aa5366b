// The face for callbacks, beside the real thing and beside itself.
#include <rondo/net/tcp_socket.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

class tcp_socket_test : public net_test {
 protected:
  static constexpr std::string_view local = "127.0.0.1:0";

  tcp_server listen(tcp_server::connection_callback f, server_options options = {}) {
    auto made = tcp_server::listen(l, *socket_address::parse(local), std::move(f), options);
    if (!made) throw made.error();
    made->on_close([this] { ++closed; });
    return *made;
  }
  tcp_socket connect(const tcp_server& to, socket_options options = {}) {
    tcp_socket made = tcp_socket::connect(l, *to.local_address(), options);
    made.on_close([this] { ++closed; });
    return made;
  }
  /// Turns until `condition` holds.
  void turn_until(const std::function<bool()>& condition) {
    const instant deadline = real_clock().now() + watchdog;
    const handle_id tick = l.set_interval(duration::milliseconds(20), [] {});
    while (!condition()) {
      ASSERT_LT(real_clock().now(), deadline);
      l.run(run_mode::once);
    }
    l.clear(tick);
  }
  static std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  int closed = 0;
};
INSTANTIATE_TEST_SUITE_P(backends, tcp_socket_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(tcp_socket_test, echoes_and_the_loop_ends_by_itself) {
  const std::string text = numbered_text(1'000'000);
  tcp_server server = listen([&](tcp_socket s) {
    s.on_data([s](auto bytes) mutable {
      if (!s.write(bytes)) s.pause();
    });
    s.on_drain([s]() mutable { s.resume(); });
    s.on_close([&] { ++closed; });
    server.close();
  });
  const socket_address where = *server.local_address();
  tcp_socket client = connect(server);
  std::string got;
  bool ended = false;
  client.on_connect([&] { EXPECT_EQ(*client.remote_address(), where); });
  client.on_data([&](auto bytes) { got += text_of(bytes); });
  client.on_end([&] { ended = true; });
  client.write(text);  // before it is connected
  client.end();
  EXPECT_FALSE(client.write("too late"));
  EXPECT_FALSE(l.run());
  EXPECT_TRUE(got == text);
  EXPECT_TRUE(ended);
  EXPECT_EQ(closed, 3);  // server, its socket, client
  EXPECT_FALSE(client.is_open());
}

TEST_P(tcp_socket_test, a_slow_reader_costs_bounded_memory) {
  std::size_t most = 0;
  std::size_t written = 0;
  int drains = 0;
  tcp_socket writer;
  const std::string piece = numbered_text(10'000);
  socket_options marks;
  marks.high_water = 50'000;
  marks.low_water = 20'000;
  server_options options;
  options.sockets = marks;
  constexpr std::size_t total = 8'000'000;
  const auto fill = [&] {
    while (written < total) {
      written += piece.size();
      const bool more = writer.write(piece);
      most = std::max(most, writer.buffered());
      if (!more) return;
    }
    writer.end();
  };
  tcp_server server = listen(
      [&](tcp_socket s) {
        writer = s;
        s.on_drain([&] {
          ++drains;
          EXPECT_LE(writer.buffered(), marks.low_water);
          fill();
        });
        s.on_data([](auto) {});
        fill();
        server.close();
      },
      options);
  tcp_socket reader = connect(server);
  std::size_t read = 0;
  reader.on_data([&](auto bytes) {
    read += bytes.size();
    if (read % 5 != 0 || reader.is_paused()) return;
    reader.pause();
    l.set_timeout(duration::milliseconds(1), [&] { reader.resume(); });
  });
  l.run();
  EXPECT_EQ(read, total);
  EXPECT_GT(drains, 0);
  EXPECT_GE(most, marks.high_water);
  EXPECT_LT(most, marks.high_water + piece.size());
}

TEST_P(tcp_socket_test, nothing_is_read_while_paused_and_nothing_is_lost) {
  std::string got;
  tcp_socket reader;
  tcp_server server = listen([&](tcp_socket s) {
    reader = s;
    s.on_data([&](auto bytes) {
      EXPECT_FALSE(reader.is_paused());
      got += text_of(bytes);
      reader.pause();
    });
    server.close();
  });
  tcp_socket writer = connect(server);
  const std::string text = numbered_text(300'000);
  writer.write(text);
  while (got.size() < text.size()) {
    const std::size_t before = got.size();
    turn_until([&] { return got.size() > before; });
    for (int i = 0; i < 3; ++i) l.run(run_mode::nowait);
    reader.resume();
    reader.pause();  // the read that has begun may bring something all the same
    for (int i = 0; i < 3; ++i) l.run(run_mode::nowait);
    reader.resume();
  }
  EXPECT_TRUE(got == text);
  reader.destroy();
  writer.destroy();
  l.run();
}

TEST_P(tcp_socket_test, a_throwing_callback_reaches_the_hook_and_the_socket_goes_on) {
  int uncaught = 0;
  l.on_uncaught([&](std::exception_ptr) { ++uncaught; });
  std::size_t got = 0;
  tcp_server server = listen([&](tcp_socket s) {
    s.on_data([&](auto bytes) {
      got += bytes.size();
      throw std::runtime_error("data");
    });
    s.on_end([] { throw std::runtime_error("end"); });
    s.on_close([] { throw std::runtime_error("close"); });
    server.close();
    throw std::runtime_error("connection");
  });
  tcp_socket client = connect(server);
  client.on_data([](auto) {});
  client.on_connect([] { throw std::runtime_error("connect"); });
  client.write("one");
  turn_until([&] { return got == 3; });
  client.write("two");
  turn_until([&] { return got == 6; });
  client.end();
  l.run();
  EXPECT_EQ(uncaught, 6);
  EXPECT_EQ(closed, 2);
}

TEST_P(tcp_socket_test, may_be_destroyed_in_each_of_its_callbacks) {
  for (const std::string_view in : {"connect", "data", "drain", "end", "error", "close"}) {
    closed = 0;
    tcp_server server = listen([&](tcp_socket s) {
      s.on_close([&] { ++closed; });
      s.on_error([](const error&) {});  // a reset, where the client leaves bytes unread
      s.on_data([s, in](auto) mutable {
        if (in == "error") {
          os::set_option(s.descriptor(), os::option::linger_seconds, 0);
          s.destroy();
        }
      });
      s.write("hello");
      if (in == "end") s.end();
      server.close();
    });
    auto client = std::make_unique<tcp_socket>(connect(server));
    int called = 0;
    const auto end_it = [&] {
      ++called;
      client->destroy();
      client.reset();
    };
    const auto when = [&](std::string_view here) {
      if (client != nullptr && in == here) end_it();
    };
    client->on_connect([&] {
      when("connect");
      if (client == nullptr) return;
      client->write(numbered_text(in == "drain" ? 8'000'000 : 10));
    });
    client->on_data([&](auto) { when("data"); });
    client->on_drain([&] { when("drain"); });
    client->on_end([&] { when("end"); });
    client->on_error([&](const error& e) {
      EXPECT_EQ(e.code(), errc::connection_reset) << e.what();
      when("error");
    });
    client->on_close([&] {
      ++closed;
      when("close");
    });
    if (in == "close") turn_until([&] { return client == nullptr || (client->destroy(), false); });
    l.run();
    EXPECT_EQ(called, 1) << in;
    EXPECT_EQ(closed, 3) << in;
  }
}

TEST_P(tcp_socket_test, destroy_with_a_write_under_way_keeps_what_the_kernel_uses) {
  tcp_server server = listen([&](tcp_socket s) {
    s.on_error([](const error&) {});
    s.on_data([](auto) {});
    s.pause();
    server.close();
    l.set_timeout(duration::milliseconds(5), [s]() mutable { s.destroy(); });
  });
  tcp_socket client = connect(server);
  client.on_error([](const error&) {});
  EXPECT_FALSE(client.write(numbered_text(8'000'000)));
  turn_until([&] { return client.buffered() < 8'000'000; });
  EXPECT_GT(client.buffered(), 0u);
  client.destroy();
  EXPECT_EQ(client.buffered(), 0u);
  client = {};
  l.run();
  EXPECT_EQ(closed, 2);
}

TEST_P(tcp_socket_test, a_refused_connect_is_told_and_thrown_where_nobody_listens) {
  tcp_server server = listen([](tcp_socket) {});
  const socket_address nobody = *server.local_address();
  server.close();
  tcp_socket client = tcp_socket::connect(l, nobody);
  errc code = errc::ok;
  client.on_error([&](const error& e) { code = e.code(); });
  client.on_connect([] { ADD_FAILURE(); });
  l.run();
  EXPECT_EQ(code, errc::connection_refused);
  client = tcp_socket::connect(l, nobody);
  EXPECT_THROW(l.run(), error);
  l.run();
}

TEST_P(tcp_socket_test, half_open_where_it_is_asked_for) {
  server_options options;
  options.sockets.allow_half_open = true;
  tcp_server server = listen(
      [&](tcp_socket s) {
        s.on_data([](auto) {});
        s.on_end([this, s]() mutable {
          l.set_timeout(duration::milliseconds(1), [s]() mutable {
            EXPECT_TRUE(s.write("answer"));
            s.end();
          });
        });
        server.close();
      },
      options);
  tcp_socket client = connect(server);
  std::string got;
  client.on_data([&](auto bytes) { got += text_of(bytes); });
  client.write("question");
  client.end();
  l.run();
  EXPECT_EQ(got, "answer");
  EXPECT_EQ(closed, 2);
}

TEST_P(tcp_socket_test, unref_lets_the_loop_end_and_ref_holds_it) {
  tcp_socket accepted;
  tcp_server server = listen([&](tcp_socket s) {
    accepted = s;
    s.on_data([](auto) {});
    s.unref();
  });
  tcp_socket client = connect(server);
  client.on_data([](auto) {});
  client.unref();
  turn_until([&] { return accepted.is_open(); });
  EXPECT_TRUE(l.is_alive());
  server.unref();
  EXPECT_FALSE(l.run());
  EXPECT_TRUE(client.is_open());
  client.ref();
  for (int i = 0; i < 3; ++i) l.run(run_mode::nowait);
  EXPECT_TRUE(l.is_alive());
  client.destroy();
  server.close();
  accepted.ref();
  l.run();  // the accepted one meets the end
  EXPECT_FALSE(accepted.is_open());
}

TEST_P(tcp_socket_test, tells_when_nothing_happens) {
  int idle = 0;
  tcp_server server = listen([&](tcp_socket s) {
    s.on_data([](auto) {});
    s.set_timeout(duration::milliseconds(5), [&, s]() mutable {
      ++idle;
      s.destroy();
    });
    server.close();
  });
  tcp_socket client = connect(server);
  client.on_data([](auto) {});
  l.run();
  EXPECT_EQ(idle, 1);
}

}  // namespace
}  // namespace rondo::testing

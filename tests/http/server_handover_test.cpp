// A server whose connections are accepted elsewhere: on another thread, and handed over.
#include <rondo/http/server.hpp>

#include <gtest/gtest.h>

#include <thread>

#include <rondo/os/fd.hpp>
#include <rondo/sync/channel.hpp>

#include "http/server_fixture.hpp"

namespace rondo::testing {
namespace {

class http_server_handover_test : public server_test {};
INSTANTIATE_TEST_SUITE_P(backends, http_server_handover_test,
                         ::testing::ValuesIn(granted_backends()), backend_name);

/// Accepts `count` connections on a loop of its own and sends them away; then closes the channel.
task<> accept_and_hand_over(tcp_listener listener, channel<os::fd>& to, int count) {
  for (; count > 0; --count) {
    tcp_stream accepted = co_await listener.accept();
    os::fd away(accepted.release());
    co_await to.send(std::move(away));
  }
  to.close();
}

/// On an ordinary socket, so that the loop on which it is accepted can be made afterwards.
std::pair<os::fd, socket_address> listening_socket() {
  os::fd socket(os::open_tcp_socket(false, true));
  EXPECT_EQ(os::bind(socket.get(), socket_address::parse("127.0.0.1:0").value()), 0);
  EXPECT_EQ(os::listen(socket.get(), 16), 0);
  socket_address address;
  EXPECT_EQ(os::local_address(socket.get(), address), 0);
  return {std::move(socket), address};
}

TEST_P(http_server_handover_test, serves_what_another_thread_has_accepted) {
  constexpr int clients = 5;
  channel<os::fd> accepted(2);
  auto [socket, address] = listening_socket();
  std::thread acceptor([&, owned_socket = std::move(socket)]() mutable {
    loop elsewhere;
    const handle_id held = elsewhere.hold();
    run(elsewhere,
        accept_and_hand_over(tcp_listener::adopt(elsewhere, std::move(owned_socket)).value(),
                             accepted, clients));
    elsewhere.clear(held);
  });
  std::atomic<std::uint64_t> ended = 0;
  http::server_options options;
  options.idle_grace = duration::milliseconds(10);
  options.ended_connections = &ended;
  function_handler handler([](http::exchange& x) { return hello(x); });
  http::server server(l, handler, std::move(options));
  const auto ask = [&]() -> task<> {
    const handle_id held = l.hold();
    for (int i = 0; i < clients; ++i) {
      http_client client;
      co_await client.connect(address);
      if (i == 2) server.stop();  // the channel is still open: whoever comes is answered, and ended
      const reply r = co_await client.ask(get("/"));
      EXPECT_EQ(r.status, 200);
      EXPECT_EQ(r.says("Connection: close"), i >= 2);
    }
    l.clear(held);
  };
  auto both = [&]() -> task<> { co_await when_all(server.serve(accepted), ask()); };
  play(both());
  acceptor.join();
  EXPECT_EQ(ended, std::uint64_t{clients});
  EXPECT_EQ(server.connections(), 0u);
}

TEST_P(http_server_handover_test, closes_everything_when_it_is_cancelled) {
  channel<os::fd> accepted(2);
  auto [socket, address] = listening_socket();
  function_handler handler([](http::exchange& x) { return hello(x); });
  http::server server(l, handler);
  const auto test = [&]() -> task<> {
    const auto body = [&](scope& s) -> task<> {
      s.spawn(server.serve(accepted));
      http_client client;
      co_await client.connect(address);
      os::fd served(os::accept(socket.get(), l.backend().wants_nonblocking()));
      co_await accepted.send(std::move(served));
      const reply r = co_await client.ask(get("/"));
      EXPECT_EQ(r.status, 200);
      s.cancel();
    };
    co_await with_scope(body);
    EXPECT_EQ(server.connections(), 0u);
  };
  play(test());
}

}  // namespace
}  // namespace rondo::testing

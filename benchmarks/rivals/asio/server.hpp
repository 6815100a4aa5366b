// What Asio's two servers share: the accept loop, one coroutine a connection.
#pragma once
#include "coroutines.hpp"

#include <cstdio>
#include <thread>
#include <vector>

using asio::ip::tcp;
using tcp_stream = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;
using tcp_listener = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;
using session_task = coroutine<void>;

template <class Session>
session_task accept_all(tcp_listener listener, Session session) {
  auto executor = listener.get_executor();
  for (;;) {
    tcp_stream peer(executor);
    auto [error] = co_await listener.async_accept(peer, token{});
    if (error) continue;
    peer.set_option(tcp::no_delay(true));
    asio::co_spawn(executor, session(std::move(peer)), asio::detached);
  }
}

template <class Session>
int serve(int port, Session session, int workers = 1) {
  asio::io_context context(workers);
  tcp_listener listener(context);
  tcp::endpoint endpoint(asio::ip::address_v4::loopback(), static_cast<unsigned short>(port));
  listener.open(endpoint.protocol());
  listener.set_option(tcp_listener::reuse_address(true));
  listener.bind(endpoint);
  listener.listen(4096);
  std::printf("listening %d\n", listener.local_endpoint().port());
  std::fflush(stdout);
  asio::co_spawn(context, accept_all(std::move(listener), session), asio::detached);
  std::vector<std::thread> others;
  for (int i = 1; i < workers; ++i) others.emplace_back([&context] { context.run(); });
  context.run();
  for (std::thread& other : others) other.join();
  return 0;
}

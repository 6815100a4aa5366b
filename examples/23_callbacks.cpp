// The same echo without a coroutine: Node's net.Server and net.Socket.
#include <cstdio>

#include <rondo/rondo.hpp>

int main() {
  rondo::loop loop;

  rondo::tcp_server server;
  const auto on_connection = [&](rondo::tcp_socket socket) {
    socket.on_data([socket](std::span<const std::byte> bytes) mutable {
      if (!socket.write(bytes)) socket.pause();  // the peer reads slowly: don't take more
    });
    socket.on_drain([socket]() mutable { socket.resume(); });
    socket.on_close([&] {
      std::puts("server: the connection is closed");
      server.close();
    });
  };
  const auto address = rondo::socket_address::parse("127.0.0.1:0");
  server = rondo::tcp_server::listen(loop, *address, on_connection).value();

  rondo::tcp_socket client = rondo::tcp_socket::connect(loop, *server.local_address());
  client.on_connect([&] { std::puts("client: connected"); });
  client.on_data([&](std::span<const std::byte> bytes) {
    std::printf("client: %.*s\n", static_cast<int>(bytes.size()),
                reinterpret_cast<const char*>(bytes.data()));
    client.end();
  });
  client.on_error([](const rondo::error& e) { std::printf("client: %s\n", e.what()); });
  client.write("hello");

  loop.run();  // until nothing keeps it alive
}

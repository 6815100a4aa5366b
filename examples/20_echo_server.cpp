// An echo server, a session a task, and three clients that use it.
#include <cstdio>
#include <string>

#include <rondo/rondo.hpp>

rondo::task<> session(rondo::tcp_stream peer) {
  for (;;) {
    const rondo::io_buffer some = co_await peer.read_some();  // no buffer is held while it waits
    if (some.empty()) break;                                  // the end is a value, not an error
    co_await peer.write_all(some.bytes());
  }
}

rondo::task<> serve(rondo::tcp_listener& listener, rondo::scope& sessions) {
  for (;;) {
    rondo::tcp_stream peer = co_await listener.accept();
    sessions.spawn(session(std::move(peer)));  // the scope owns it: none can vanish
  }
}

rondo::task<std::string> client(rondo::socket_address server, std::string_view text) {
  rondo::tcp_stream stream = co_await rondo::tcp_stream::connect(server);
  co_await stream.write_all(text);
  std::string answer(text.size(), '\0');
  co_await stream.read_exact(std::as_writable_bytes(std::span(answer)));
  co_return answer;
}

rondo::task<> amain() {
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");  // port 0: a free one
  const rondo::socket_address where = *listener.local_address();
  auto in_scope = [&](rondo::scope& sessions) -> rondo::task<> {
    sessions.spawn(serve(listener, sessions));
    auto [one, two, three] = co_await rondo::when_all(client(where, "one"), client(where, "two"),
                                                      client(where, "three"));
    std::printf("%s %s %s\n", one.c_str(), two.c_str(), three.c_str());
    sessions.cancel();  // the accept loop, and whatever session is left
  };
  co_await rondo::with_scope(in_scope);
  std::puts("closed");
}

int main() {
  return rondo::run(amain());
}

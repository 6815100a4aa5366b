// A user's program: a task that sleeps and talks to itself over TCP, on the installed library.
#include <iostream>
#include <rondo/rondo.hpp>
#include <string>

rondo::task<> answer_one(rondo::tcp_listener& listener) {
  rondo::tcp_stream peer = co_await listener.accept();
  co_await peer.write_all(rondo::version());
}

rondo::task<int> amain() {
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const rondo::socket_address where = *listener.local_address();
  std::string told;
  auto body = [&](rondo::scope& tasks) -> rondo::task<> {
    tasks.spawn(answer_one(listener));
    rondo::tcp_stream stream = co_await rondo::tcp_stream::connect(where);
    co_await rondo::sleep_for(rondo::duration::milliseconds(1));
    for (;;) {
      const rondo::io_buffer some = co_await stream.read_some();
      if (some.empty()) break;
      told += some.text();
    }
  };
  co_await rondo::with_scope(body);
  std::cout << told << '\n';
  co_return told == rondo::version() ? 0 : 1;
}

int main() {
  return rondo::run(amain());
}

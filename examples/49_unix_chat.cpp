// A Unix socket: found by a file, for this user alone, and it knows who is at the other end.
#include <unistd.h>

#include <cstdio>
#include <string>

#include <rondo/rondo.hpp>

rondo::task<> answer(rondo::unix_stream peer) {
  const auto who = peer.peer_credentials();
  const bool is_me = who && who->process == getpid();
  co_await peer.write_all(is_me ? "hello, it is me\n" : "hello, stranger\n");
  for (;;) {
    const rondo::io_buffer some = co_await peer.read_some();
    if (some.empty()) break;
    co_await peer.write_all(some.bytes());
  }
}

rondo::task<> serve(rondo::unix_listener& listener) {
  auto sessions = [&](rondo::scope& s) -> rondo::task<> {
    for (;;) s.spawn(answer(co_await listener.accept()));
  };
  co_await rondo::with_scope(sessions);
}

/// Whatever the stream is made of.
rondo::task<> talk(rondo::any_stream stream) {
  co_await stream.write_all("ping\n");
  co_await stream.shutdown();
  std::byte room[100];
  for (;;) {
    const std::size_t count = co_await stream.read(room);
    if (count == 0) break;
    std::fwrite(room, 1, count, stdout);
  }
}

rondo::task<> amain() {
  const std::string path = "/tmp/rondo_chat_" + std::to_string(getpid());
  rondo::unix_bind_options options;
  options.mode = 0600;  // from the file's first moment
  rondo::unix_listener listener = co_await rondo::unix_listener::bind(path, options);
  auto both = [&](rondo::scope& s) -> rondo::task<> {
    s.spawn(serve(listener));
    rondo::unix_stream stream = co_await rondo::unix_stream::connect(path);
    co_await talk(std::move(stream));
    s.cancel();
  };
  co_await rondo::with_scope(both);
  listener.close();  // and the file is gone
  std::puts(access(path.c_str(), F_OK) == 0 ? "left behind" : "gone");
}

int main() {
  return rondo::run(amain());
}

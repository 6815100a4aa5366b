// The echo server on Rondo's tasks: some bytes in a lent buffer, and all of them back.
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/task/scope.hpp>

#include "bench.h"

namespace {

rondo::task<> session(rondo::tcp_stream peer) {
  try {
    for (;;) {
      const rondo::io_buffer some = co_await peer.read_some();
      if (some.empty()) co_return;
      co_await peer.write_all(some.bytes());
    }
  } catch (const rondo::error&) {
    // the peer has gone
  }
}

rondo::task<> serve(std::uint16_t port) {
  auto listener =
      co_await rondo::tcp_listener::bind(*rondo::socket_address::from_host("127.0.0.1", port));
  std::printf("listening %d\n", listener.local_address()->port());
  std::fflush(stdout);
  auto in_scope = [&](rondo::scope& sessions) -> rondo::task<> {
    for (;;) {
      rondo::tcp_stream peer = co_await listener.accept();
      sessions.spawn(session(std::move(peer)));
    }
  };
  co_await rondo::with_scope(in_scope);
}

}  // namespace

int main(int argc, char** argv) {
  const bench_options options = bench_parse(argc, argv);
  rondo::loop_options chosen;
  if (options.backend != nullptr) {
    chosen.backend =
        rondo::io::make_backend(rondo::io::parse_backend(options.backend).value()).value();
  }
  return rondo::run(serve(static_cast<std::uint16_t>(options.port)), std::move(chosen));
}

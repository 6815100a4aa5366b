// The hello server as tasks that go from worker to worker: a session is a coroutine that, like the
// peers', does no more than find the ends of headers.
#include <cstdio>
#include <string>

#include <rondo/net/tcp_listener.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/parallel_scope.hpp>

#include "bench.h"

namespace {

rondo::task<> session(rondo::tcp_stream peer) {
  std::string answers;
  std::uint8_t matched = 0;
  try {
    for (;;) {
      const rondo::io_buffer some = co_await peer.read_some();
      if (some.empty()) co_return;
      const auto* const data = reinterpret_cast<const char*>(some.bytes().data());
      bench_work_if_heavy(data, some.bytes().size());
      const std::size_t owed = bench_count_requests(data, some.bytes().size(), &matched);
      const std::size_t size = owed * BENCH_HELLO_SIZE;
      while (answers.size() < size) answers.append(bench_hello, BENCH_HELLO_SIZE);
      if (owed > 0) co_await peer.write_all(std::string_view(answers).substr(0, size));
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
  auto in_scope = [&](rondo::parallel_scope& sessions) -> rondo::task<> {
    for (;;) {
      rondo::tcp_stream peer = co_await listener.accept();
      sessions.spawn(session(std::move(peer)));
    }
  };
  co_await rondo::with_parallel_scope(in_scope);
}

}  // namespace

int main(int argc, char** argv) {
  const bench_options options = bench_parse(argc, argv);
  return rondo::run(serve(static_cast<std::uint16_t>(options.port)),
                    rondo::multi_thread(options.workers));
}

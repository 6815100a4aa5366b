// The hello server on Asio's coroutines; with --workers N, one io_context that N threads run. The
// buffer lives in the frame, as is usual with Asio.
#include <array>
#include <string>

#include "../common/bench.h"
#include "server.hpp"

static session_task session(tcp_stream peer) {
  std::array<char, 1024> input;
  std::string answers;
  std::uint8_t matched = 0;
  for (;;) {
    auto [read_error, got] = co_await peer.async_read_some(asio::buffer(input), token{});
    if (read_error) co_return;
    bench_work_if_heavy(input.data(), got);
    std::size_t owed = bench_count_requests(input.data(), got, &matched);
    if (owed == 0) continue;
    while (answers.size() < owed * BENCH_HELLO_SIZE) answers.append(bench_hello, BENCH_HELLO_SIZE);
    auto out = asio::buffer(answers.data(), owed * BENCH_HELLO_SIZE);
    auto [write_error, put] = co_await asio::async_write(peer, out, token{});
    if (write_error) co_return;
  }
}

int main(int argc, char** argv) {
  const bench_options options = bench_parse(argc, argv);
  return serve(options.port, session, options.workers);
}

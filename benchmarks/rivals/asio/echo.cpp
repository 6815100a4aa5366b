// The echo server on Asio's coroutines.
#include <array>

#include "../common/bench.h"
#include "server.hpp"

static session_task session(tcp_stream peer) {
  std::array<char, 4096> input;
  for (;;) {
    auto [read_error, got] = co_await peer.async_read_some(asio::buffer(input), token{});
    if (read_error) co_return;
    auto out = asio::buffer(input.data(), got);
    auto [write_error, put] = co_await asio::async_write(peer, out, token{});
    if (write_error) co_return;
  }
}

int main(int argc, char** argv) {
  return serve(bench_parse(argc, argv).port, session);
}

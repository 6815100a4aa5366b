// The echo server on libuv.
#include "server.h"

static void on_read(uv_stream_t* stream, ssize_t got, const uv_buf_t* buffer) {
  if (got < 0)
    uv_close((uv_handle_t*)stream, on_close);
  else
    write_all(stream, buffer->base, (size_t)got);
}

static void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  uv_tcp_t* peer = malloc(sizeof *peer);
  uv_tcp_init(listener->loop, peer);
  if (uv_accept(listener, (uv_stream_t*)peer) != 0) {
    uv_close((uv_handle_t*)peer, on_close);
    return;
  }
  uv_tcp_nodelay(peer, 1);
  uv_read_start((uv_stream_t*)peer, on_alloc, on_read);
}

int main(int argc, char** argv) {
  return serve(bench_parse(argc, argv).port, on_connection);
}

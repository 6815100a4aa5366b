// The hello server on libuv.
#include "server.h"

typedef struct connection {
  uv_tcp_t handle;
  uint8_t matched;
} connection;

enum { most_answers = 512 };
static char answers[most_answers * BENCH_HELLO_SIZE];

static void on_read(uv_stream_t* stream, ssize_t got, const uv_buf_t* buffer) {
  connection* peer = (connection*)stream;
  if (got < 0) {
    uv_close((uv_handle_t*)stream, on_close);
    return;
  }
  size_t owed = bench_count_requests(buffer->base, (size_t)got, &peer->matched);
  while (owed > 0) {
    size_t piece = owed < most_answers ? owed : most_answers;
    write_all(stream, answers, piece * BENCH_HELLO_SIZE);
    owed -= piece;
  }
}

static void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  connection* peer = malloc(sizeof *peer);
  peer->matched = 0;
  uv_tcp_init(listener->loop, &peer->handle);
  if (uv_accept(listener, (uv_stream_t*)&peer->handle) != 0) {
    uv_close((uv_handle_t*)&peer->handle, on_close);
    return;
  }
  uv_tcp_nodelay(&peer->handle, 1);
  uv_read_start((uv_stream_t*)&peer->handle, on_alloc, on_read);
}

int main(int argc, char** argv) {
  for (size_t i = 0; i < most_answers; ++i)
    memcpy(answers + i * BENCH_HELLO_SIZE, bench_hello, BENCH_HELLO_SIZE);
  return serve(bench_parse(argc, argv).port, on_connection);
}

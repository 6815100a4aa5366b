// What libuv's two servers share: the listening handle, one read buffer for all (the loop fills it
// and hands it over at once), and a write that is tried first and queued only if the socket is
// full.
#ifndef RONDO_BENCHMARKS_LIBUV_SERVER_H
#define RONDO_BENCHMARKS_LIBUV_SERVER_H

#include <arpa/inet.h>
#include <uv.h>

#include "../common/bench.h"

static char input[65536];

static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer) {
  (void)handle;
  (void)suggested;
  *buffer = uv_buf_init(input, sizeof input);
}

static void on_close(uv_handle_t* handle) {
  free(handle);
}

static void on_written(uv_write_t* queued, int status) {
  if (status < 0 && !uv_is_closing((uv_handle_t*)queued->handle))
    uv_close((uv_handle_t*)queued->handle, on_close);
  free(queued);
}

static void write_all(uv_stream_t* peer, const char* data, size_t size) {
  uv_buf_t whole = uv_buf_init((char*)data, (unsigned)size);
  int sent = uv_try_write(peer, &whole, 1);
  if (sent < 0) sent = 0;  // a broken peer is met by the queued write
  if ((size_t)sent == size) return;
  size_t rest = size - (size_t)sent;
  uv_write_t* queued = malloc(sizeof *queued + rest);
  char* copy = (char*)(queued + 1);
  memcpy(copy, data + sent, rest);
  uv_buf_t buffer = uv_buf_init(copy, (unsigned)rest);
  if (uv_write(queued, peer, &buffer, 1, on_written) != 0) free(queued);
}

static inline int serve(int port, uv_connection_cb on_connection) {
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t listener;
  struct sockaddr_in address;
  uv_tcp_init(loop, &listener);
  uv_ip4_addr("127.0.0.1", port, &address);
  int failed = uv_tcp_bind(&listener, (const struct sockaddr*)&address, 0);
  if (failed == 0) failed = uv_listen((uv_stream_t*)&listener, 4096, on_connection);
  if (failed != 0) {
    fprintf(stderr, "listen: %s\n", uv_strerror(failed));
    return 1;
  }
  int size = sizeof address;
  uv_tcp_getsockname(&listener, (struct sockaddr*)&address, &size);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}

#endif

// An empty program on libuv: the loop is made, turned and closed.
#include <uv.h>

int main(void) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  uv_run(&loop, UV_RUN_DEFAULT);
  return uv_loop_close(&loop);
}

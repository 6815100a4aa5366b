// libuv's rows of files and datagrams. Each operation on files is a request of its own to the pool,
// and begins when the one before has called back.
#include <uv.h>

#include "../common/bench.h"
#include "../common/files.h"

static uv_loop_t loop;
static bench_options options;
static long n, at, counted;
static uv_fs_t request;
static uv_file file;
static char* bytes;
static uv_buf_t buffer;

static void transfer_next(uv_fs_t* done) {
  if (done != NULL) {
    if ((size_t)done->result == buffer.len) ++counted;
    uv_fs_req_cleanup(done);
  }
  if (at == n) return;
  int64_t offset = (int64_t)bench_offset(at++, buffer.len);
  if (strstr(options.row, "_read_") != NULL)
    uv_fs_read(&loop, &request, file, &buffer, 1, offset, transfer_next);
  else
    uv_fs_write(&loop, &request, file, &buffer, 1, offset, transfer_next);
}

static void transfer(size_t piece) {
  char path[BENCH_PATH];
  int reads = strstr(options.row, "_read_") != NULL;
  snprintf(path, sizeof path, "%s/%s", options.folder, reads ? "large" : "scratch");
  file = uv_fs_open(&loop, &request, path, reads ? UV_FS_O_RDONLY : UV_FS_O_WRONLY, 0, NULL);
  uv_fs_req_cleanup(&request);
  buffer = uv_buf_init(bytes, (unsigned)piece);
  transfer_next(NULL);
}

static void whole_open(uv_fs_t* done);

static void whole_next(void) {
  if (at == n) return;
  char path[BENCH_PATH];
  bench_name(path, options.folder, at++);
  uv_fs_open(&loop, &request, path, UV_FS_O_RDONLY, 0, whole_open);
}

static void whole_closed(uv_fs_t* done) {
  uv_fs_req_cleanup(done);
  whole_next();
}

static void whole_read(uv_fs_t* done) {
  if ((size_t)done->result == buffer.len) ++counted;
  uv_fs_req_cleanup(done);
  free(buffer.base);
  uv_fs_close(&loop, &request, file, whole_closed);
}

static void whole_stat(uv_fs_t* done) {
  size_t size = done->statbuf.st_size;
  uv_fs_req_cleanup(done);
  buffer = uv_buf_init(malloc(size), (unsigned)size);
  uv_fs_read(&loop, &request, file, &buffer, 1, -1, whole_read);
}

static void whole_open(uv_fs_t* done) {
  file = (uv_file)done->result;
  uv_fs_req_cleanup(done);
  uv_fs_fstat(&loop, &request, file, whole_stat);
}

static void stat_next(uv_fs_t* done) {
  if (done != NULL) {
    if (done->result == 0) ++counted;
    uv_fs_req_cleanup(done);
  }
  if (at == n) return;
  char path[BENCH_PATH];
  bench_name(path, options.folder, at++);
  uv_fs_stat(&loop, &request, path, stat_next);
}

// One folder after the other: those that were found wait in a list.
static char* folders[200];
static int found;

static void walk_next(uv_fs_t* done) {
  uv_dirent_t entry;
  if (done != NULL) {
    while (uv_fs_scandir_next(done, &entry) != UV_EOF) {
      ++counted;
      if (entry.type != UV_DIRENT_DIR) continue;
      char path[BENCH_PATH];
      snprintf(path, sizeof path, "%s/%s", done->path, entry.name);
      folders[found++] = strdup(path);
    }
    uv_fs_req_cleanup(done);
  }
  if (found == 0) {
    if (counted >= n) return;
    char path[BENCH_PATH];
    snprintf(path, sizeof path, "%s/tree", options.folder);
    folders[found++] = strdup(path);
  }
  char* next = folders[--found];
  uv_fs_scandir(&loop, &request, next, 0, walk_next);
  free(next);
}

static uv_udp_t sender, receiver;
static long burst, in_flight;

static void send_burst(void) {
  uv_buf_t text = uv_buf_init(bytes, BENCH_DATAGRAM);
  for (in_flight = 0; in_flight < burst; ++in_flight) uv_udp_try_send(&sender, &text, 1, NULL);
}

static void lend(uv_handle_t* handle, size_t suggested, uv_buf_t* lent) {
  (void)handle;
  (void)suggested;
  *lent = uv_buf_init(bytes, BENCH_LARGE_PIECE);
}

static void has_received(uv_udp_t* handle, ssize_t size, const uv_buf_t* lent,
                         const struct sockaddr* from, unsigned flags) {
  (void)handle;
  (void)lent;
  (void)flags;
  if (from == NULL || size != BENCH_DATAGRAM) return;
  ++counted;
  if (--in_flight > 0) return;
  if (counted < n) {
    send_burst();
  } else {
    uv_close((uv_handle_t*)&sender, NULL);
    uv_close((uv_handle_t*)&receiver, NULL);
  }
}

static void datagrams(long at_once) {
  burst = at_once;
  n = n / burst * burst;
  struct sockaddr_in here;
  uv_ip4_addr("127.0.0.1", 0, &here);
  uv_udp_init_ex(&loop, &receiver, AF_INET | UV_UDP_RECVMMSG);
  uv_udp_bind(&receiver, (const struct sockaddr*)&here, 0);
  int size = sizeof here;
  uv_udp_getsockname(&receiver, (struct sockaddr*)&here, &size);
  uv_udp_init(&loop, &sender);
  uv_udp_connect(&sender, (const struct sockaddr*)&here);
  uv_udp_recv_start(&receiver, lend, has_received);
  send_burst();
}

int main(int argc, char** argv) {
  options = bench_parse(argc, argv);
  n = bench_operations(&options);
  uv_loop_init(&loop);
  bytes = malloc(BENCH_LARGE_PIECE);
  memset(bytes, 'x', BENCH_LARGE_PIECE);
  const char* row = options.row;
  bench_watch watch = {0, 0};
  bench_start(&watch);
  if (strcmp(row, "file_read_4k") == 0 || strcmp(row, "file_write_4k") == 0)
    transfer(BENCH_SMALL_PIECE);
  else if (strcmp(row, "file_read_1m") == 0 || strcmp(row, "file_write_1m") == 0)
    transfer(BENCH_LARGE_PIECE);
  else if (strcmp(row, "file_whole") == 0)
    whole_next();
  else if (strcmp(row, "file_stat") == 0)
    stat_next(NULL);
  else if (strcmp(row, "file_walk") == 0)
    walk_next(NULL);
  else if (strcmp(row, "udp_one") == 0)
    datagrams(1);
  else if (strcmp(row, "udp_burst") == 0)
    datagrams(BENCH_BURST);
  else
    return BENCH_EXIT_NO_SUCH_ROW;
  uv_run(&loop, UV_RUN_DEFAULT);
  bench_stop(&watch);
  if (counted >= n) bench_report(row, watch, counted);
  return 0;
}

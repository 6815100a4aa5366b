// The limit for completion: io_uring with one multishot accept, a multishot receive a connection
// out of a shared buffer ring, and all answers of a turn submitted by the call that waits.
#include "ring.h"

enum { most_answers = 512, most_fds = 20001 };
enum { tag_accept, tag_receive, tag_send };

typedef struct connection {
  uint32_t owed;    // bytes not yet handed to the kernel
  uint32_t flying;  // bytes of the one send in flight
  uint8_t matched, receiving, closed;
} connection;

static connection connections[most_fds];
static char answers[most_answers * BENCH_HELLO_SIZE];

static uint64_t tagged(int fd, int tag) {
  return (uint64_t)(unsigned)fd << 2 | (unsigned)tag;
}

static void receive(int fd) {
  connections[fd].receiving = 1;
  ring_receive(fd, tagged(fd, tag_receive));
}

/// One send at a time keeps the answers in order; a long debt goes out in several.
static void answer(int fd, connection* peer) {
  if (peer->flying > 0 || peer->owed == 0 || peer->closed) return;
  peer->flying = peer->owed < sizeof answers ? peer->owed : (uint32_t)sizeof answers;
  peer->owed -= peer->flying;
  ring_send(fd, tagged(fd, tag_send), answers, peer->flying);
}

/// The descriptor is closed only when the kernel holds no operation on it, so its number is free.
static void close_if_quiet(int fd, connection* peer) {
  if (peer->closed && !peer->receiving && peer->flying == 0) close(fd);
}

static void on_receive(int fd, connection* peer, const struct io_uring_cqe* done) {
  if (done->flags & IORING_CQE_F_BUFFER) {
    uint16_t id = (uint16_t)(done->flags >> IORING_CQE_BUFFER_SHIFT);
    if (done->res > 0)
      peer->owed +=
          (uint32_t)(BENCH_HELLO_SIZE *
                     bench_count_requests(ring_buffer(id), (size_t)done->res, &peer->matched));
    ring_give_back(id);
  }
  if (!(done->flags & IORING_CQE_F_MORE)) {
    peer->receiving = 0;
    if (done->res > 0 || done->res == -ENOBUFS)
      receive(fd);
    else
      peer->closed = 1;
  }
  answer(fd, peer);
  close_if_quiet(fd, peer);
}

static void on_send(int fd, connection* peer, const struct io_uring_cqe* done) {
  if (done->res != (int)peer->flying && !peer->closed) {
    peer->closed = 1;
    shutdown(fd, SHUT_RDWR);  // ends the receive too
  }
  peer->flying = 0;
  answer(fd, peer);
  close_if_quiet(fd, peer);
}

int main(int argc, char** argv) {
  bench_options options = bench_parse(argc, argv);
  for (size_t i = 0; i < most_answers; ++i)
    memcpy(answers + i * BENCH_HELLO_SIZE, bench_hello, BENCH_HELLO_SIZE);
  ring_open(1024);
  int listener = listen_on(options.port, 0);
  ring_accept(listener, tag_accept);
  for (;;) {
    ring_enter(1);
    unsigned head = *ring.cq_khead;
    while (head != __atomic_load_n(ring.cq_ktail, __ATOMIC_ACQUIRE)) {
      struct io_uring_cqe done = ring.cqes[head & ring.cq_mask];
      __atomic_store_n(ring.cq_khead, ++head, __ATOMIC_RELEASE);
      int fd = (int)(done.user_data >> 2);
      switch (done.user_data & 3) {
        case tag_accept:
          if (done.res >= 0) {
            connections[done.res] = (connection){0};
            receive(done.res);
          }
          if (!(done.flags & IORING_CQE_F_MORE)) ring_accept(listener, tag_accept);
          break;
        case tag_receive:
          on_receive(fd, &connections[fd], &done);
          break;
        case tag_send:
          on_send(fd, &connections[fd], &done);
          break;
      }
    }
  }
}

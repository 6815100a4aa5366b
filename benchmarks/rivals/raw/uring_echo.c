// The limit for an echo server on completion: a received buffer is sent back as it lies in the
// buffer ring, and returns to the ring when the kernel has let go of it.
#include "ring.h"

enum { most_fds = 20001, nothing = 0xffff };
enum { tag_accept, tag_receive, tag_send };

typedef struct connection {
  uint16_t first, last;  // buffers to echo, in order; the first is in flight
  uint8_t receiving, closed;
} connection;

static connection connections[most_fds];
static uint16_t next_of[buffer_count];
static uint32_t size_of[buffer_count];

static uint64_t tagged(int fd, int tag) {
  return (uint64_t)(unsigned)fd << 2 | (unsigned)tag;
}

static void receive(int fd) {
  connections[fd].receiving = 1;
  ring_receive(fd, tagged(fd, tag_receive));
}

static void send_first(int fd, const connection* peer) {
  ring_send(fd, tagged(fd, tag_send), ring_buffer(peer->first), size_of[peer->first]);
}

static void close_if_quiet(int fd, const connection* peer) {
  if (peer->closed && !peer->receiving && peer->first == nothing) close(fd);
}

static void on_receive(int fd, connection* peer, const struct io_uring_cqe* done) {
  if (done->flags & IORING_CQE_F_BUFFER) {
    uint16_t id = (uint16_t)(done->flags >> IORING_CQE_BUFFER_SHIFT);
    if (done->res > 0 && !peer->closed) {
      size_of[id] = (uint32_t)done->res;
      next_of[id] = nothing;
      if (peer->first == nothing) {
        peer->first = peer->last = id;
        send_first(fd, peer);
      } else {
        next_of[peer->last] = id;
        peer->last = id;
      }
    } else {
      ring_give_back(id);
    }
  }
  if (!(done->flags & IORING_CQE_F_MORE)) {
    peer->receiving = 0;
    if ((done->res > 0 || done->res == -ENOBUFS) && !peer->closed)
      receive(fd);
    else
      peer->closed = 1;
  }
  close_if_quiet(fd, peer);
}

static void on_send(int fd, connection* peer, const struct io_uring_cqe* done) {
  if (done->res != (int)size_of[peer->first] && !peer->closed) {
    peer->closed = 1;
    shutdown(fd, SHUT_RDWR);
  }
  do {  // a dead peer's queue is given back whole
    uint16_t sent = peer->first;
    peer->first = next_of[sent];
    ring_give_back(sent);
  } while (peer->closed && peer->first != nothing);
  if (peer->first != nothing) send_first(fd, peer);
  close_if_quiet(fd, peer);
}

int main(int argc, char** argv) {
  bench_options options = bench_parse(argc, argv);
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
            connections[done.res] = (connection){nothing, nothing, 0, 0};
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

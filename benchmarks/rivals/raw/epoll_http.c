// The limit for readiness: an edge-triggered epoll loop without any abstraction. A connection is a
// count of unsent bytes and the state of the header matcher; an idle one holds no buffer. With
// --workers N there are N such loops that share nothing but the port (SO_REUSEPORT).
#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "listen.h"

enum { most_answers = 512, most_fds = 20001 };

typedef struct connection {
  uint32_t unsent;  // bytes of the endless stream of answers that are owed
  uint16_t offset;  // where in an answer that stream goes on
  uint8_t matched;
} connection;

static connection connections[most_fds];
static char answers[(most_answers + 1) * BENCH_HELLO_SIZE];
static __thread char input[65536];

/// Writes what is owed until it is out or the socket is full (then an edge will come).
static int flush_answers(int fd, connection* peer) {
  while (peer->unsent > 0) {
    size_t piece = peer->unsent;
    if (piece > most_answers * BENCH_HELLO_SIZE) piece = most_answers * BENCH_HELLO_SIZE;
    ssize_t sent = send(fd, answers + peer->offset, piece, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? 0 : -1;
    peer->unsent -= (uint32_t)sent;
    peer->offset = (uint16_t)((peer->offset + (size_t)sent) % BENCH_HELLO_SIZE);
  }
  return 0;
}

static int on_ready(int fd, connection* peer) {
  for (;;) {
    ssize_t got = recv(fd, input, sizeof input, 0);
    if (got == 0) return -1;
    if (got < 0) {
      if (errno != EAGAIN) return -1;
      break;
    }
    bench_work_if_heavy(input, (size_t)got);
    peer->unsent +=
        (uint32_t)(bench_count_requests(input, (size_t)got, &peer->matched) * BENCH_HELLO_SIZE);
    // A short read emptied the socket; whatever comes later, an end included, is a new edge.
    if ((size_t)got < sizeof input) break;
  }
  return flush_answers(fd, peer);
}

static void* serve(void* argument) {
  int listener = (int)(intptr_t)argument;
  int poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = listener};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  struct epoll_event ready[256];
  for (;;) {
    int count = epoll_wait(poller, ready, 256, -1);
    for (int i = 0; i < count; ++i) {
      int fd = ready[i].data.fd;
      if (fd != listener) {
        if (on_ready(fd, &connections[fd]) != 0) close(fd);
        continue;
      }
      for (int peer; (peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        connections[peer] = (connection){0, 0, 0};
        event = (struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = peer};
        epoll_ctl(poller, EPOLL_CTL_ADD, peer, &event);
      }
    }
  }
  return NULL;
}

int main(int argc, char** argv) {
  bench_options options = bench_parse(argc, argv);
  for (size_t i = 0; i <= most_answers; ++i)
    memcpy(answers + i * BENCH_HELLO_SIZE, bench_hello, BENCH_HELLO_SIZE);
  intptr_t listener = bind_on(&options.port, SOCK_NONBLOCK);
  for (int i = 1; i < options.workers; ++i) {  // all listen before the first is asked for
    intptr_t another = bind_on(&options.port, SOCK_NONBLOCK);
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void*)another) != 0) return 1;
  }
  announce(options.port);
  serve((void*)listener);
}

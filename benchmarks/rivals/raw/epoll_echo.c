// The limit for an echo server on readiness: edge-triggered epoll, one shared buffer, and a heap
// buffer only for a peer that does not read what it is owed.
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "listen.h"

enum { most_fds = 20001 };

typedef struct connection {
  char* owed;  // NULL but for a slow reader
  size_t size, sent;
} connection;

static connection connections[most_fds];
static char input[65536];

static void drop(int fd) {
  free(connections[fd].owed);
  connections[fd] = (connection){NULL, 0, 0};
  close(fd);
}

/// Echoes until the socket is empty or full; what did not go out is kept, and reading stops for it.
static int on_ready(int fd, connection* peer) {
  for (;;) {
    while (peer->owed != NULL) {
      ssize_t sent = send(fd, peer->owed + peer->sent, peer->size - peer->sent, MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN ? 0 : -1;
      peer->sent += (size_t)sent;
      if (peer->sent == peer->size) {
        free(peer->owed);
        peer->owed = NULL;
      }
    }
    ssize_t got = recv(fd, input, sizeof input, 0);
    if (got == 0) return -1;
    if (got < 0) return errno == EAGAIN ? 0 : -1;
    ssize_t sent = send(fd, input, (size_t)got, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return -1;
    if (sent < 0) sent = 0;
    if (sent < got) {
      peer->size = (size_t)(got - sent);
      peer->sent = 0;
      peer->owed = malloc(peer->size);
      memcpy(peer->owed, input + sent, peer->size);
    } else if ((size_t)got < sizeof input) {
      return 0;  // a short read emptied the socket: what comes later is a new edge
    }
  }
}

int main(int argc, char** argv) {
  bench_options options = bench_parse(argc, argv);
  int listener = listen_on(options.port, SOCK_NONBLOCK);
  int poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = listener};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  struct epoll_event ready[256];
  for (;;) {
    int count = epoll_wait(poller, ready, 256, -1);
    for (int i = 0; i < count; ++i) {
      int fd = ready[i].data.fd;
      if (fd != listener) {
        if (on_ready(fd, &connections[fd]) != 0) drop(fd);
        continue;
      }
      for (int peer; (peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        event = (struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = peer};
        epoll_ctl(poller, EPOLL_CTL_ADD, peer, &event);
      }
    }
  }
}

// A listening socket on 127.0.0.1, and the line that tells the driver where it is. With
// SO_REUSEPORT each thread has one on the same port, and the kernel deals the connections out.
#ifndef RONDO_BENCHMARKS_LISTEN_H
#define RONDO_BENCHMARKS_LISTEN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "../common/bench.h"

static inline int bind_on(int* port, int type_flags) {
  int fd = socket(AF_INET, SOCK_STREAM | type_flags, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)*port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  if (bind(fd, (struct sockaddr*)&address, size) != 0 || listen(fd, 4096) != 0) {
    perror("listen");
    exit(1);
  }
  getsockname(fd, (struct sockaddr*)&address, &size);
  *port = ntohs(address.sin_port);
  return fd;
}

static inline void announce(int port) {
  printf("listening %d\n", port);
  fflush(stdout);
}

static inline int listen_on(int port, int type_flags) {
  int fd = bind_on(&port, type_flags);
  announce(port);
  return fd;
}

#endif

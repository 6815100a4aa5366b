// The load generator for what wrk cannot do. One thread, non-blocking sockets, epoll.
//
//   load echo PORT CONNECTIONS BYTES SECONDS
//        ping-pong on every connection, then one line of JSON
//   load mixed PORT LIGHT HEAVY LIGHT_RATE HEAVY_RATE SECONDS
//        hello on LIGHT connections and /work on HEAVY ones, so many requests a second on each (0:
//        the next as soon as the last is answered). A latency counts from when the request was due
//   load count PORT DEPTH REQUESTS
//        exactly REQUESTS hello requests on one connection, DEPTH of them in flight at once
//   load idle PORT
//        commands on standard input, an answer a line:
//        grow N      have N idle keep-alive connections, each of which made one request
//        ping N      N requests, one after the other, on one connection more
//   load launch ROUNDS PROGRAM [ARGUMENT...]
//        wall ns, CPU ns and peak resident KiB of a program's whole life, a JSON list each
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../rivals/common/bench.h"

extern char** environ;

static const char request[] = "GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static const char heavy_request[] = "GET /work HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
enum { request_size = sizeof request - 1, most_latencies = 1 << 22 };

static void fail(const char* what) {
  perror(what);
  exit(1);
}

/// A connection from 127.0.0.x, so that many thousands do not use up one address's ports.
static int connect_from(int port, unsigned nth) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail("socket");
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  struct sockaddr_in source = {.sin_family = AF_INET,
                               .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK + nth % 16)}};
  struct sockaddr_in target = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)port),
                               .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  if (bind(fd, (struct sockaddr*)&source, sizeof source) != 0) fail("bind");
  if (connect(fd, (struct sockaddr*)&target, sizeof target) != 0) fail("connect");
  return fd;
}

static void send_whole(int fd, const char* data, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) fail("send");
    data += sent;
    size -= (size_t)sent;
  }
}

/// Bytes of one answer, learnt from the first: read until it has ended with the hello's body.
static size_t first_answer(int fd) {
  char answer[4096];
  size_t size = 0;
  send_whole(fd, request, request_size);
  for (;;) {
    ssize_t got = recv(fd, answer + size, sizeof answer - size, 0);
    if (got <= 0) fail("no answer");
    size += (size_t)got;
    if (size >= 13 && memcmp(answer + size - 13, "Hello, world!", 13) == 0) return size;
  }
}

static void receive_whole(int fd, size_t size) {
  static char sink[1 << 16];
  while (size > 0) {
    ssize_t got = recv(fd, sink, size < sizeof sink ? size : sizeof sink, 0);
    if (got <= 0) fail("recv");
    size -= (size_t)got;
  }
}

static int by_value(const void* a, const void* b) {
  uint32_t left = *(const uint32_t*)a, right = *(const uint32_t*)b;
  return left < right ? -1 : left > right;
}

static void echo(int port, int connections, size_t size, double seconds) {
  static char buffer[1 << 16];
  if (size > sizeof buffer) size = sizeof buffer;
  memset(buffer, 'x', size);
  struct peer {
    int fd;
    size_t got;
    int64_t sent_at;
  }* peers = calloc((size_t)connections, sizeof *peers);
  uint32_t* latencies = malloc(most_latencies * sizeof *latencies);
  long count = 0;
  int poller = epoll_create1(0);
  for (int i = 0; i < connections; ++i) {
    peers[i].fd = connect_from(port, (unsigned)i);
    fcntl(peers[i].fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &peers[i]};
    epoll_ctl(poller, EPOLL_CTL_ADD, peers[i].fd, &event);
  }
  int64_t start = bench_clock(CLOCK_MONOTONIC), now = start;
  for (int i = 0; i < connections; ++i) {
    peers[i].sent_at = now;
    send_whole(peers[i].fd, buffer, size);
  }
  int64_t end = start + (int64_t)(seconds * 1e9);
  while (now < end) {
    struct epoll_event ready[256];
    int events = epoll_wait(poller, ready, 256, 100);
    now = bench_clock(CLOCK_MONOTONIC);
    for (int i = 0; i < events; ++i) {
      struct peer* peer = ready[i].data.ptr;
      ssize_t got = recv(peer->fd, buffer, size - peer->got, 0);
      if (got <= 0) fail("recv");
      peer->got += (size_t)got;
      if (peer->got < size) continue;
      if (count < most_latencies) latencies[count] = (uint32_t)(now - peer->sent_at);
      ++count;
      peer->got = 0;
      peer->sent_at = now;
      send_whole(peer->fd, buffer, size);  // at most `size` in flight: it cannot fill the socket
    }
  }
  long kept = count < most_latencies ? count : most_latencies;
  if (kept == 0) fail("no echo");
  qsort(latencies, (size_t)kept, sizeof *latencies, by_value);
  printf("{\"requests\": %ld, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", count,
         (double)(now - start) / 1e9, latencies[kept / 2] / 1e3, latencies[kept * 99 / 100] / 1e3);
}

/// One of two kinds of connection, and what its requests met.
typedef struct kind {
  const char* request;
  size_t size;
  int64_t period;  // between two requests of a connection; 0: at once
  uint32_t* latencies;
  long count;
} kind;

typedef struct client {
  int fd;
  kind* of;
  size_t awaited;  // bytes of the answer that lack; 0 while it is nobody's turn
  int64_t due;     // of the request that is in flight, else of the next
} client;

static kind make_kind(const char* text, double rate) {
  return (kind){text, strlen(text), rate > 0 ? (int64_t)(1e9 / rate) : 0,
                malloc(most_latencies * sizeof(uint32_t)), 0};
}

static double percentile_us(const kind* all, double fraction) {
  long kept = all->count < most_latencies ? all->count : most_latencies;
  if (kept == 0) fail("no answer");
  return all->latencies[(long)((double)kept * fraction)] / 1e3;
}

/// An answer is whole: keep its latency, and say when the next request is due.
static void answered(client* each, int64_t now) {
  kind* of = each->of;
  if (of->count < most_latencies) of->latencies[of->count] = (uint32_t)(now - each->due);
  ++of->count;
  each->due = of->period > 0 ? each->due + of->period : now;
}

static void mixed(int port, int light, int heavy, double light_rate, double heavy_rate,
                  double seconds) {
  static char sink[1 << 16];
  kind lights = make_kind(request, light_rate);
  kind heavies = make_kind(heavy_request, heavy_rate);
  int all = light + heavy;
  client* clients = calloc((size_t)all, sizeof *clients);
  int poller = epoll_create1(0);
  size_t answer = 0;
  for (int i = 0; i < all; ++i) {
    clients[i] = (client){connect_from(port, (unsigned)i), i < light ? &lights : &heavies, 0, 0};
    answer = first_answer(clients[i].fd);
    fcntl(clients[i].fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
    epoll_ctl(poller, EPOLL_CTL_ADD, clients[i].fd, &event);
  }
  prctl(PR_SET_TIMERSLACK, 1);
  int64_t start = bench_clock(CLOCK_MONOTONIC), now = start;
  for (int i = 0; i < all; ++i) {  // each kind spread evenly over its period
    int nth = i < light ? i : i - light, of = i < light ? light : heavy;
    clients[i].due = start + clients[i].of->period * nth / of;
  }
  int64_t end = start + (int64_t)(seconds * 1e9);
  while (now < end) {
    int64_t next = end;
    for (client* each = clients; each < clients + all; ++each) {
      if (each->awaited > 0) continue;
      if (each->due <= now) {
        each->awaited = answer;
        send_whole(each->fd, each->of->request, each->of->size);
      } else if (each->due < next) {
        next = each->due;
      }
    }
    now = bench_clock(CLOCK_MONOTONIC);
    int64_t wait = next > now ? next - now : 0;
    struct timespec timeout = {wait / 1000000000, wait % 1000000000};
    struct epoll_event ready[256];
    int events = epoll_pwait2(poller, ready, 256, &timeout, NULL);
    now = bench_clock(CLOCK_MONOTONIC);
    for (int i = 0; i < events; ++i) {
      client* each = ready[i].data.ptr;
      ssize_t got = recv(each->fd, sink, sizeof sink, 0);
      if (got <= 0 || (size_t)got > each->awaited) fail("recv");
      each->awaited -= (size_t)got;
      if (each->awaited == 0) answered(each, now);
    }
  }
  double elapsed = (double)(now - start) / 1e9;
  kind* kinds[] = {&lights, &heavies};
  printf("{\"requests\": %ld, \"seconds\": %.6f", lights.count + heavies.count, elapsed);
  for (int i = 0; i < 2; ++i) {
    long kept = kinds[i]->count < most_latencies ? kinds[i]->count : most_latencies;
    qsort(kinds[i]->latencies, (size_t)kept, sizeof(uint32_t), by_value);
    printf(", \"%s\": {\"rate\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f}",
           i == 0 ? "light" : "heavy", (double)kinds[i]->count / elapsed,
           percentile_us(kinds[i], 0.5), percentile_us(kinds[i], 0.99),
           percentile_us(kinds[i], 0.999));
  }
  printf("}\n");
}

static void count_requests(int port, int depth, long requests) {
  int fd = connect_from(port, 0);
  size_t answer = first_answer(fd);
  char* batch = malloc((size_t)depth * request_size);
  for (int i = 0; i < depth; ++i) memcpy(batch + i * request_size, request, request_size);
  for (long done = 1; done < requests; done += depth) {
    send_whole(fd, batch, (size_t)depth * request_size);
    receive_whole(fd, (size_t)depth * answer);
  }
  printf("{\"requests\": %ld}\n", requests);
}

static void idle(int port) {
  int active = connect_from(port, 0);
  size_t answer = first_answer(active);
  unsigned connected = 0;
  char verb[16];
  long n;
  while (scanf("%15s %ld", verb, &n) == 2) {
    if (strcmp(verb, "grow") == 0) {
      for (; connected < (unsigned)n; ++connected) first_answer(connect_from(port, connected));
      printf("{\"idle\": %u}\n", connected);
    } else {
      bench_watch watch = {0, 0};
      bench_start(&watch);
      for (long i = 0; i < n; ++i) {
        send_whole(active, request, request_size);
        receive_whole(active, answer);
      }
      bench_stop(&watch);
      bench_report("ping", watch, n);
    }
    fflush(stdout);
  }
}

/// From here and not from Python, because a child's peak memory starts with its parent's.
static void launch(int rounds, char** command) {
  printf("[");
  for (int i = 0; i < rounds; ++i) {
    int64_t start = bench_clock(CLOCK_MONOTONIC);
    pid_t child;
    errno = posix_spawn(&child, command[0], NULL, NULL, command, environ);
    if (errno != 0) fail(command[0]);
    struct rusage used;
    int status;
    if (wait4(child, &status, 0, &used) != child || status != 0) fail("the program failed");
    int64_t wall_ns = bench_clock(CLOCK_MONOTONIC) - start;
    int64_t cpu_us = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
                     used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    printf("%s[%ld, %ld, %ld]", i > 0 ? ", " : "", wall_ns, cpu_us * 1000, used.ru_maxrss);
  }
  printf("]\n");
}

int main(int argc, char** argv) {
  const char* mode = argc > 2 ? argv[1] : "";
  if (strcmp(mode, "echo") == 0 && argc == 6)
    echo(atoi(argv[2]), atoi(argv[3]), (size_t)atol(argv[4]), atof(argv[5]));
  else if (strcmp(mode, "mixed") == 0 && argc == 8)
    mixed(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), atof(argv[5]), atof(argv[6]), atof(argv[7]));
  else if (strcmp(mode, "count") == 0 && argc == 5)
    count_requests(atoi(argv[2]), atoi(argv[3]), atol(argv[4]));
  else if (strcmp(mode, "idle") == 0)
    idle(atoi(argv[2]));
  else if (strcmp(mode, "launch") == 0 && argc > 3)
    launch(atoi(argv[2]), argv + 3);
  else
    return fprintf(stderr, "usage: see the top of load.c\n"), 2;
  return 0;
}

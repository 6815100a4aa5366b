// What every C and C++ rival shares: the clock, the command line, the answer of the hello server,
// a matcher for the end of a header, and the one line of JSON a micro row prints. Nothing here is
// measured for its own sake, so it stays the same for all of them. benchmarks/README.md is its
// contract.
#ifndef RONDO_BENCHMARKS_BENCH_H
#define RONDO_BENCHMARKS_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_EXIT_NO_SUCH_ROW 64  // the driver shows a dash for it, not a failure

static const char bench_hello[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!";
#define BENCH_HELLO_SIZE (sizeof(bench_hello) - 1)

typedef struct bench_options {
  const char* row;
  const char* backend;  // NULL where the program is to choose
  int port;             // 0: any free one
  long n;               // operations; 0: the default of the row
  int workers;          // threads that serve or run tasks
  const char* folder;   // where the files are that the rows of files use
  int record;           // not 0: with the flight recorder, where the runtime has one
} bench_options;

static inline bench_options bench_parse(int argc, char** argv) {
  bench_options options = {"", NULL, 0, 0, 1, ".", 0};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--row") == 0) options.row = argv[i + 1];
    if (strcmp(argv[i], "--backend") == 0) options.backend = argv[i + 1];
    if (strcmp(argv[i], "--port") == 0) options.port = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--n") == 0) options.n = atol(argv[i + 1]);
    if (strcmp(argv[i], "--folder") == 0) options.folder = argv[i + 1];
    if (strcmp(argv[i], "--workers") == 0) options.workers = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--record") == 0) options.record = atoi(argv[i + 1]);
  }
  return options;
}

static inline int64_t bench_clock(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/// Elapsed time of one or several stretches of work: wall clock, and CPU of the whole process.
typedef struct bench_watch {
  int64_t wall_ns, cpu_ns;
} bench_watch;

static inline void bench_start(bench_watch* watch) {
  watch->wall_ns -= bench_clock(CLOCK_MONOTONIC);
  watch->cpu_ns -= bench_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static inline void bench_stop(bench_watch* watch) {
  watch->cpu_ns += bench_clock(CLOCK_PROCESS_CPUTIME_ID);
  watch->wall_ns += bench_clock(CLOCK_MONOTONIC);
}

static inline void bench_report(const char* row, bench_watch watch, long ops) {
  printf("{\"row\": \"%s\", \"ns_per_op\": %.3f, \"cpu_ns_per_op\": %.3f, \"ops\": %ld}\n", row,
         (double)watch.wall_ns / (double)ops, (double)watch.cpu_ns / (double)ops, ops);
  fflush(stdout);
}

/// Occupies the thread, without the loop turning, until every timer is due: so that `timer_fire`
/// measures the work of firing and not the waiting.
static inline void bench_wait_until(int64_t monotonic_ns) {
  while (bench_clock(CLOCK_MONOTONIC) < monotonic_ns) {
    struct timespec nap = {0, 1000000};
    nanosleep(&nap, NULL);
  }
}

/// Due times of the timer rows: every rival computes the same sequence.
static inline uint32_t bench_spread(uint32_t i, uint32_t range) {
  return 1 + (i * 2654435761u) % range;
}

/// Work for a core that no compiler can shorten: each step needs the one before (six cycles).
static inline void bench_work(long steps) {
  uint64_t x = 88172645463325252u;
  for (long i = 0; i < steps; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  __asm__ volatile("" : : "r"(x));  // somebody wants it
}

/// What a request for /work does before it is answered, about 2 ms (the row `imbalance`). A load
/// sends the whole head at once, so the first byte of the path tells.
#define BENCH_HEAVY_STEPS 1000000
static inline void bench_work_if_heavy(const char* data, size_t size) {
  if (size > 5 && data[5] == 'w') bench_work(BENCH_HEAVY_STEPS);
}

/// Counts the ends of headers ("\r\n\r\n") in a piece of a stream of requests without bodies.
/// `matched` carries how much of an end has been seen across pieces, so nothing need be kept.
static inline size_t bench_count_requests(const char* data, size_t size, uint8_t* matched) {
  static const char end[] = "\r\n\r\n";
  const char* at = data;
  const char* const stop = data + size;
  size_t found = 0;
  while (*matched > 0 && at < stop) {
    if (*at == end[*matched]) {
      ++at;
      if (++*matched == 4) *matched = 0, ++found;
    } else {
      *matched = *at == '\r' ? 1 : 0;
      at += *matched;
      if (*matched == 0) break;
    }
  }
  while (stop - at >= 4) {  // the last of four bytes mostly rules out an end at any of them
    if ((unsigned char)at[3] > '\r') {
      at += 4;
    } else if (memcmp(at, end, 4) == 0) {
      ++found;
      at += 4;
    } else {
      ++at;
    }
  }
  if (at < stop) {  // does the tail begin an end?
    for (uint8_t k = 3; k > 0; --k) {
      if (stop - at >= k && memcmp(stop - k, end, k) == 0) {
        *matched = k;
        break;
      }
    }
  }
  return found;
}

#endif

// What the rows of files and datagrams agree on. The driver has made `--folder`: `large` and
// `scratch` of 64 MiB each, and `tree` with 100 folders of 100 files of 4 KiB each.
#ifndef RONDO_BENCHMARKS_FILES_H
#define RONDO_BENCHMARKS_FILES_H

#include "bench.h"

#define BENCH_SMALL_PIECE ((size_t)4096)
#define BENCH_LARGE_PIECE ((size_t)1 << 20)
#define BENCH_LARGE_FILE ((size_t)64 << 20)
#define BENCH_PATH 300
#define BENCH_DATAGRAM 100
#define BENCH_BURST 64

/// Where the i-th transfer begins: front to back, and anew.
static inline size_t bench_offset(long i, size_t piece) {
  return (size_t)i * piece % BENCH_LARGE_FILE;
}

/// The i-th of the 10,000 small files, round and round.
static inline void bench_name(char* path, const char* folder, long i) {
  snprintf(path, BENCH_PATH, "%s/tree/%02ld/%02ld", folder, i / 100 % 100, i % 100);
}

static inline long bench_operations(const bench_options* o) {
  if (o->n > 0) return o->n;
  return strstr(o->row, "_1m") != NULL ? 2000 : 100000;
}

#endif

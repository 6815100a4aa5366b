// libuv's micro rows: timers, posting from other threads, and work on them. It has no tasks and no
// microtasks.
#include <uv.h>

#include "../common/bench.h"

static uv_loop_t loop;
static long fired;

static void on_timer(uv_timer_t* timer) {
  (void)timer;
  ++fired;
}

static uv_timer_t* make_timers(long n) {
  uv_timer_t* timers = malloc((size_t)n * sizeof *timers);
  for (long i = 0; i < n; ++i) uv_timer_init(&loop, &timers[i]);
  return timers;
}

static void timer_cancel(const char* row, long n) {
  uv_timer_t* timers = make_timers(n);
  bench_watch watch = {0, 0};
  bench_start(&watch);
  for (long i = 0; i < n; ++i)
    uv_timer_start(&timers[i], on_timer, 1000 + bench_spread((uint32_t)i, 60000), 0);
  for (long i = 0; i < n; ++i) uv_timer_stop(&timers[i]);
  bench_stop(&watch);
  bench_report(row, watch, n);
}

static void timer_fire(const char* row, long n) {
  uv_timer_t* timers = make_timers(n);
  bench_watch watch = {0, 0};
  bench_start(&watch);
  uv_update_time(&loop);
  for (long i = 0; i < n; ++i)
    uv_timer_start(&timers[i], on_timer, bench_spread((uint32_t)i, 1000), 0);
  bench_stop(&watch);
  bench_wait_until(bench_clock(CLOCK_MONOTONIC) + 1010000000);
  bench_start(&watch);
  uv_run(&loop, UV_RUN_DEFAULT);
  bench_stop(&watch);
  if (fired == n) bench_report(row, watch, n);
}

static void timer_churn(const char* row, long n) {
  enum { few = 64 };
  uv_timer_t* timers = make_timers(few);
  bench_watch watch = {0, 0};
  bench_start(&watch);
  for (long i = 0; i < n; ++i)
    uv_timer_start(&timers[i % few], on_timer, 10000 + (uint64_t)(i & 1023), 0);
  bench_stop(&watch);
  bench_report(row, watch, n);
}

// What one writes for a queue into a libuv loop, since uv_async_send carries nothing and coalesces:
// a list under a mutex, taken whole by the loop.
typedef struct message {
  struct message* next;
} message;

static uv_mutex_t guard;
static message *first, **last = &first;
static uv_async_t wake;
static long expected, received, per_thread;

static void on_wake(uv_async_t* async) {
  uv_mutex_lock(&guard);
  message* at = first;
  first = NULL;
  last = &first;
  uv_mutex_unlock(&guard);
  while (at != NULL) {
    message* next = at->next;
    free(at);
    ++received;
    at = next;
  }
  if (received == expected) uv_close((uv_handle_t*)async, NULL);
}

static void produce(void* unused) {
  (void)unused;
  for (long i = 0; i < per_thread; ++i) {
    message* sent = malloc(sizeof *sent);
    sent->next = NULL;
    uv_mutex_lock(&guard);
    *last = sent;
    last = &sent->next;
    uv_mutex_unlock(&guard);
    uv_async_send(&wake);
  }
}

static void post(const char* row, long n, int threads) {
  uv_thread_t ids[8];
  per_thread = n / threads;
  expected = per_thread * threads;
  uv_mutex_init(&guard);
  uv_async_init(&loop, &wake, on_wake);
  bench_watch watch = {0, 0};
  bench_start(&watch);
  for (int i = 0; i < threads; ++i) uv_thread_create(&ids[i], produce, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  bench_stop(&watch);
  for (int i = 0; i < threads; ++i) uv_thread_join(&ids[i]);
  bench_report(row, watch, expected);
}

static long to_queue, in_flight_at_most;

static void on_worker(uv_work_t* work) {
  (void)work;
}

static void after_work(uv_work_t* work, int status) {
  (void)status;
  ++received;
  if (to_queue > 0 && in_flight_at_most == 1) {
    --to_queue;
    uv_queue_work(&loop, work, on_worker, after_work);
  }
}

// One at a time, or a thousand at once until all of them are back.
static void offload(const char* row, long n, long at_once) {
  uv_work_t* works = malloc((size_t)at_once * sizeof *works);
  in_flight_at_most = at_once;
  to_queue = n;
  bench_watch watch = {0, 0};
  bench_start(&watch);
  while (to_queue > 0) {
    to_queue -= at_once;
    for (long i = 0; i < at_once; ++i) uv_queue_work(&loop, &works[i], on_worker, after_work);
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  bench_stop(&watch);
  if (received == n) bench_report(row, watch, n);
}

static void on_closed(uv_handle_t* process) {
  (void)process;
  ++received;
}

static void on_exit_of(uv_process_t* process, int64_t status, int signal) {
  (void)status;
  (void)signal;
  uv_close((uv_handle_t*)process, on_closed);
}

// /bin/true, started and waited for, so many at once.
static void process(const char* row, long n, long at_once) {
  uv_process_t* all = malloc((size_t)at_once * sizeof *all);
  char* arguments[] = {"/bin/true", NULL};
  uv_stdio_container_t inherited[3];
  for (int i = 0; i < 3; ++i) inherited[i] = (uv_stdio_container_t){UV_INHERIT_FD, {.fd = i}};
  uv_process_options_t options = {0};
  options.file = arguments[0];
  options.args = arguments;
  options.exit_cb = on_exit_of;
  options.stdio = inherited;
  options.stdio_count = 3;
  bench_watch watch = {0, 0};
  bench_start(&watch);
  for (long i = 0; i < n / at_once; ++i) {
    for (long k = 0; k < at_once; ++k) uv_spawn(&loop, &all[k], &options);
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  bench_stop(&watch);
  if (received == n / at_once * at_once) bench_report(row, watch, received);
}

int main(int argc, char** argv) {
  bench_options options = bench_parse(argc, argv);
  const char* row = options.row;
  long n = options.n > 0 ? options.n : 1000000;
  uv_loop_init(&loop);
  if (strcmp(row, "timer_cancel") == 0)
    timer_cancel(row, n);
  else if (strcmp(row, "timer_fire") == 0)
    timer_fire(row, n);
  else if (strcmp(row, "timer_churn") == 0)
    timer_churn(row, n);
  else if (strcmp(row, "post_one") == 0)
    post(row, n, 1);
  else if (strcmp(row, "post_many") == 0)
    post(row, n, 4);
  else if (strcmp(row, "offload") == 0)
    offload(row, options.n > 0 ? options.n : 100000, 1);
  else if (strcmp(row, "offload_many") == 0)
    offload(row, n / 1000 * 1000, 1000);
  else if (strcmp(row, "process_one") == 0)
    process(row, options.n > 0 ? options.n : 2000, 1);
  else if (strcmp(row, "process_many") == 0)
    process(row, options.n > 0 ? options.n : 2000, 100);
  else
    return BENCH_EXIT_NO_SUCH_ROW;
  return 0;
}

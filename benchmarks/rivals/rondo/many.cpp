// Rondo's rows of many cores, on the runtime of several workers.
#include <atomic>
#include <optional>
#include <string_view>
#include <utility>

#include <rondo/async/yield.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/sync/oneshot.hpp>
#include <rondo/task/spawn.hpp>

#include "bench.h"

namespace {

using rondo::task;
using sender = rondo::oneshot_sender<rondo::unit>;
using receiver = rondo::oneshot_receiver<rondo::unit>;

/// Counts down, and at the end tells the one who waits, in whose frame it lies.
class remaining {
 public:
  explicit remaining(long count) : left_(count), ends_(rondo::oneshot<rondo::unit>()) {}

  void one_less() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    sender last = std::move(ends_.sender);  // who waits may be gone when it returns
    static_cast<void>(last.try_send({}));
  }
  auto done() { return ends_.receiver.receive(); }

 private:
  std::atomic<long> left_;
  rondo::oneshot_ends<rondo::unit> ends_;
};

task<> count_down(remaining& all) {
  all.one_less();
  co_return;
}

/// 10,000 tasks at a time, until the last has run.
task<> spawn_storm(long n) {
  for (long batch = 0; batch < n / 10'000; ++batch) {
    remaining all(10'000);
    for (int i = 0; i < 10'000; ++i) co_await rondo::spawn(count_down(all));
    co_await all.done();
  }
}

task<> yielding(remaining& all, long times) {
  for (long i = 0; i < times; ++i) co_await rondo::yield_now();
  all.one_less();
}

/// 200 tasks yield in turn.
task<> yield_many(long n) {
  remaining all(200);
  for (int i = 0; i < 200; ++i) co_await rondo::spawn(yielding(all, n / 200));
  co_await all.done();
}

task<> answer(receiver ping, sender pong) {
  co_await ping.receive();
  static_cast<void>(pong.try_send({}));
}

task<> ask(remaining& all) {
  auto [ping, pinged] = rondo::oneshot<rondo::unit>();
  auto [pong, ponged] = rondo::oneshot<rondo::unit>();
  co_await rondo::spawn(answer(std::move(pinged), std::move(pong)));
  static_cast<void>(ping.try_send({}));
  co_await ponged.receive();
  all.one_less();
}

/// A thousand pairs at a time; one of each pair spawns the other.
task<> ping_pong(long n) {
  for (long batch = 0; batch < n / 1000; ++batch) {
    remaining all(1000);
    for (int i = 0; i < 1000; ++i) co_await rondo::spawn(ask(all));
    co_await all.done();
  }
}

task<> link(remaining& all, int left) {
  if (left == 0) {
    all.one_less();
  } else {
    co_await rondo::spawn(link(all, left - 1));
  }
}

/// A task that spawns the next, a thousand deep.
task<> chained_spawn(long n) {
  for (long batch = 0; batch < n / 1000; ++batch) {
    remaining all(1);
    co_await rondo::spawn(link(all, 1000));
    co_await all.done();
  }
}

task<> send_all(rondo::channel<long>& to, long n) {
  for (long i = 0; i < n; ++i) co_await to.send(i);
}

task<> four_to_one(long n) {
  rondo::channel<long> queue(1024);
  for (int i = 0; i < 4; ++i) co_await rondo::spawn(send_all(queue, n / 4));
  for (long i = 0; i < n / 4 * 4; ++i) co_await queue.receive();
}

task<> work_and_count_down(remaining& all) {
  bench_work(5000);
  all.one_less();
  co_return;
}

/// A thousand tasks at a time, each some 10 us of work.
task<> scaling(long n) {
  for (long batch = 0; batch < n / 1000; ++batch) {
    remaining all(1000);
    for (int i = 0; i < 1000; ++i) co_await rondo::spawn(work_and_count_down(all));
    co_await all.done();
  }
}

RONDO_COROUTINE_WRAPPER task<> task_of(std::string_view row, long n) {
  if (row == "spawn_storm") return spawn_storm(n);
  if (row == "yield_many") return yield_many(n);
  if (row == "ping_pong_many") return ping_pong(n);
  if (row == "chained_spawn") return chained_spawn(n);
  if (row == "mpsc_across") return four_to_one(n);
  if (row == "scaling") return scaling(n);
  return {};
}

/// On the watch from inside, where all workers are up, as with the peers.
task<> measured(task<> all, bench_watch& watch) {
  bench_start(&watch);
  auto whole = co_await rondo::spawn(std::move(all));
  co_await std::move(whole);
  bench_stop(&watch);
}

}  // namespace

int main(int argc, char** argv) {
  const bench_options options = bench_parse(argc, argv);
  const long n = options.n > 0                                ? options.n
                 : std::string_view(options.row) == "scaling" ? 50'000
                                                              : 1'000'000;
  task<> all = task_of(options.row, n);
  if (!all) return BENCH_EXIT_NO_SUCH_ROW;
  bench_watch watch{};
  const int status =
      rondo::run(measured(std::move(all), watch), rondo::multi_thread(options.workers));
  bench_report(options.row, watch, n);
  return status;
}

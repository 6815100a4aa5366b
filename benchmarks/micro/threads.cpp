// What it costs to go to another thread and back (a message to a worker, a call of another
// shard), and how the kernel spreads a few connections among the listeners of several threads.
//   cmake --preset release -DRONDO_BENCHMARKS=ON && ninja -C build/release bench_threads
//   build/release/micro/bench_threads
#include <benchmark/benchmark.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/runtime/sharded.hpp>
#include <rondo/runtime/worker_thread.hpp>
#include <rondo/sync/barrier.hpp>

namespace {

using rondo::shard;
using rondo::task;

/// One call at a time, which is two posts: to a loop that sleeps, and back to one that does.
void call_of_another(benchmark::State& state) {
  rondo::run(rondo::sharded(2), [&](shard& me) -> task<> {
    if (me.index() != 0) co_return;
    const auto nothing = [] {};
    for (auto _ : state) co_await me.call(1, nothing);
  });
}
BENCHMARK(call_of_another)->UseRealTime();

void call_of_oneself(benchmark::State& state) {
  rondo::run(rondo::sharded(1), [&](shard& me) -> task<> {
    const auto nothing = [] {};
    for (auto _ : state) co_await me.call(0, nothing);
  });
}
BENCHMARK(call_of_oneself)->UseRealTime();

/// So many tasks call the other shard at once; the time is that of one call.
void calls_at_once(benchmark::State& state) {
  const auto tasks = static_cast<int>(state.range(0));
  constexpr int each = 64;
  rondo::run(rondo::sharded(2), [&](shard& me) -> task<> {
    if (me.index() != 0) co_return;
    const auto call_often = [](shard& from) -> task<> {
      const auto nothing = [] {};
      for (int i = 0; i < each; ++i) co_await from.call(1, nothing);
    };
    const auto all = [&](rondo::scope& s) -> task<> {
      for (int i = 0; i < tasks; ++i) s.spawn(call_often(me));
      co_return;
    };
    for (auto _ : state) co_await rondo::with_scope(all);
  });
  state.SetItemsProcessed(state.iterations() * tasks * each);
}
BENCHMARK(calls_at_once)->Arg(16)->Arg(256)->UseRealTime();

void message_to_worker_and_back(benchmark::State& state) {
  using echo = rondo::worker_thread<int, int>;
  const auto main = [&]() -> task<> {
    const auto reply = [](echo::port& parent) -> task<> {
      while (auto n = co_await parent.receive()) co_await parent.send(*n);
    };
    auto worker = co_await echo::start(reply);
    for (auto _ : state) {
      co_await worker.send(1);
      benchmark::DoNotOptimize(co_await worker.receive());
    }
    worker.close();
    co_await worker.join();
  };
  rondo::run(main());
}
BENCHMARK(message_to_worker_and_back)->UseRealTime();

// The spread ------------------------------------------------------------------------------------

constexpr int connections = 8;

/// What the threads that accept have in common with the client that counts.
struct field {
  explicit field(int threads) : accepted(static_cast<std::size_t>(threads)) {}
  std::vector<std::atomic<int>> accepted;  // by each thread, in this round
  std::atomic<int> listening = -1;         // the shared socket
  std::atomic<int> port = 0;
};

task<> accept_and_count(rondo::tcp_listener& listener, std::atomic<int>& count) {
  std::vector<rondo::tcp_stream> kept;
  for (;;) {
    auto accepted = co_await listener.accept().as_result();
    if (!accepted) co_return;  // cancelled, or shard 0 has closed the socket of all
    kept.push_back(std::move(*accepted));
    if (kept.size() > connections) kept.erase(kept.begin());
    ++count;
  }
}

task<> connect_in_rounds(benchmark::State& state, field& f) {
  long most = 0;
  long all_on_one = 0;
  const auto address =
      rondo::socket_address::from_host("127.0.0.1", static_cast<std::uint16_t>(f.port.load()));
  for (auto _ : state) {
    for (std::atomic<int>& each : f.accepted) each = 0;
    std::vector<rondo::tcp_stream> clients;
    for (int i = 1; i <= connections; ++i) {
      clients.push_back(co_await rondo::tcp_stream::connect(*address));
      int sum = 0;
      while (sum < i) {
        co_await rondo::sleep_for(rondo::duration::microseconds(20));
        sum = 0;
        for (const std::atomic<int>& each : f.accepted) sum += each;
      }
    }
    const int here = *std::max_element(f.accepted.begin(), f.accepted.end());
    most += here;
    all_on_one += here == connections ? 1 : 0;
  }
  const auto rounds = static_cast<double>(state.iterations());
  state.counters["most_of_8"] = static_cast<double>(most) / rounds;
  state.counters["all_on_one_%"] = 100.0 * static_cast<double>(all_on_one) / rounds;
}

/// Eight connections, one after the other, to so many idle threads: what the busiest of them gets.
/// Each has a listener of its own (SO_REUSEPORT), or all accept from one socket.
void spread(benchmark::State& state, bool one_socket) {
  const auto threads = static_cast<int>(state.range(0));
  field f(threads);
  rondo::barrier ready(threads + 1);
  rondo::run(rondo::sharded(threads + 1), [&](shard& me) -> task<> {
    const auto anywhere = rondo::socket_address::parse("127.0.0.1:0").value();
    auto listener = co_await me.bind<rondo::tcp_listener>(anywhere);
    if (me.index() == 0) {
      f.listening = listener.descriptor();
      f.port = listener.local_address().value().port();
    }
    co_await ready.arrive_and_wait();
    if (me.index() == threads) {
      listener.close();
      co_await ready.arrive_and_wait();
      co_await connect_in_rounds(state, f);
      me.cancel_all();
      co_return;
    }
    rondo::tcp_listener shared;
    if (one_socket) {
      rondo::os::fd copy(fcntl(f.listening, F_DUPFD_CLOEXEC, 0));
      shared = rondo::tcp_listener::adopt(co_await rondo::this_loop(), std::move(copy)).value();
      if (me.index() != 0) listener.close();
    }
    co_await ready.arrive_and_wait();
    co_await accept_and_count(one_socket ? shared : listener,
                              f.accepted[static_cast<std::size_t>(me.index())]);
  });
}
BENCHMARK_CAPTURE(spread, reuse_port, false)->Arg(2)->Arg(4)->Iterations(200)->UseRealTime();
BENCHMARK_CAPTURE(spread, one_socket, true)->Arg(2)->Arg(4)->Iterations(200)->UseRealTime();

}  // namespace

// A hundred clients that come at once: how long the server's loop is kept from everything else.
// A task wants to be resumed every millisecond; what counts is the longest time that it is not, of
// which `cpu` is what the loop's own thread has computed meanwhile: that part does not depend on
// what else the machine does. The clients are on another thread.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <thread>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/tls/self_signed.hpp>
#include <rondo/tls/stream.hpp>

namespace {

using rondo::duration;
using rondo::task;

constexpr int clients = 100;

double cpu_ms() {
  timespec t = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

struct gaps {
  double wall = 0;
  double cpu = 0;
};

task<> tick(gaps& longest) {
  for (;;) {
    const double cpu = cpu_ms();
    const rondo::instant before = rondo::real_clock().now();
    co_await rondo::sleep_for(duration::milliseconds(1));
    longest.wall =
        std::max(longest.wall, (rondo::real_clock().now() - before).count_seconds() * 1e3);
    longest.cpu = std::max(longest.cpu, cpu_ms() - cpu);
  }
}

task<> greet(rondo::tcp_stream peer, const rondo::tls::context& secure) {
  rondo::tls::stream s = co_await rondo::tls::accept(std::move(peer), secure);
  co_await s.write_all("x");
  co_await s.finish();
}

task<> come(rondo::tcp_stream tcp, const rondo::tls::context& secure) {
  std::byte one;
  rondo::tls::stream s = co_await rondo::tls::connect(std::move(tcp), "localhost", secure);
  co_await s.read_exact(std::span(&one, 1));
  co_await s.finish();
}

/// All connect first, so that all hellos arrive at once.
task<> come_all(rondo::socket_address where, const rondo::tls::context& secure) {
  std::vector<rondo::tcp_stream> connected;
  for (int i = 0; i < clients; ++i) connected.push_back(co_await rondo::tcp_stream::connect(where));
  const auto all = [&](rondo::scope& s) -> task<> {
    for (rondo::tcp_stream& each : connected) s.spawn(come(std::move(each), secure));
    co_return;
  };
  co_await rondo::with_scope(all);
}

task<> serve(const rondo::tls::context& server, const rondo::tls::context& client, gaps& longest) {
  rondo::tcp_listener listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const rondo::socket_address where = *listener.local_address();
  std::thread others([&] { rondo::run(come_all(where, client)); });
  const auto all = [&](rondo::scope& s) -> task<> {
    const auto greet_all = [&](rondo::scope& greetings) -> task<> {
      for (int i = 0; i < clients; ++i) {
        greetings.spawn(greet(co_await listener.accept(), server));
      }
    };
    s.spawn(tick(longest));
    co_await rondo::with_scope(greet_all);
    s.cancel();
  };
  co_await rondo::with_scope(all);
  others.join();
}

void handshakes_at_once(benchmark::State& state) {
  using namespace rondo::tls;
  const auto made =
      make_self_signed({"localhost"}, state.range(0) != 0 ? key_kind::rsa_2048 : key_kind::p256);
  server_options options;
  options.certificates = pem::text(made.certificate);
  options.private_key = pem::text(made.key);
  options.where = state.range(1) != 0 ? handshake_work::on_pool : handshake_work::on_loop;
  const context server(std::move(options));
  client_options trusting;
  trusting.trusted = pem::text(made.certificate);
  trusting.where = handshake_work::on_loop;
  const context client(std::move(trusting));
  std::vector<double> wall;
  std::vector<double> cpu;
  for (auto _ : state) {
    gaps longest;
    rondo::run(serve(server, client, longest));
    wall.push_back(longest.wall);
    cpu.push_back(longest.cpu);
  }
  const auto median = [](std::vector<double>& of) {
    std::sort(of.begin(), of.end());
    return of[of.size() / 2];
  };
  state.counters["gap_ms"] = median(wall);
  state.counters["gap_cpu_ms"] = median(cpu);
  state.SetItemsProcessed(state.iterations() * clients);
}
BENCHMARK(handshakes_at_once)
    ->ArgNames({"rsa", "pool"})
    ->ArgsProduct({{0, 1}, {0, 1}})
    ->Iterations(15)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

// Programs with one thing wrong each, for a browser to find it on the page:
//   shown deadlock|stall|leak|crowd|healthy
// Prints the address of its page, and goes on until it is killed.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#include <rondo/observe/inspect.hpp>
#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

namespace {

/// What goes on beside: a loop without it would see that nothing can wake its tasks any more.
rondo::task<> heartbeat() {
  for (;;) co_await rondo::sleep_for(20ms);
}

// Two tasks that take two locks in different orders. ----------------------------------------------

rondo::task<> dine(rondo::mutex& left, rondo::mutex& right, rondo::latch& seated) {
  auto first = co_await left.lock();
  co_await seated.arrive_and_wait();
  auto second = co_await right.lock();
}

rondo::task<> deadlock() {
  rondo::mutex fork;
  rondo::mutex knife;
  rondo::latch seated(2);
  co_await rondo::with_scope([&](rondo::scope& table) -> rondo::task<> {
    table.spawn("heartbeat", heartbeat());
    table.spawn("Plato", dine(fork, knife, seated));
    table.spawn("Kant", dine(knife, fork, seated));
    co_return;
  });
}

// A task that holds its worker for ever. ----------------------------------------------------------

rondo::task<> count_for_ever() {
  for (volatile std::uint64_t n = 0;; n = n + 1) {
  }
  co_return;
}

rondo::task<> stall() {
  co_await rondo::with_parallel_scope([](rondo::parallel_scope& all) -> rondo::task<> {
    all.spawn("heartbeat", heartbeat());
    all.spawn("count for ever", count_for_ever());
    co_return;
  });
}

// Sessions that wait for a farewell which nobody says, each with its socket. ----------------------

rondo::task<> session(rondo::tcp_stream client, rondo::event& farewell) {
  co_await client.write_all("welcome\n");
  co_await farewell.wait();
}

rondo::task<> leak() {
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const auto here = *listener.local_address();
  rondo::event farewell;
  std::vector<rondo::tcp_stream> clients;
  co_await rondo::with_scope([&](rondo::scope& sessions) -> rondo::task<> {
    sessions.spawn("heartbeat", heartbeat());
    for (int i = 0; i < 40; ++i) {
      clients.push_back(co_await rondo::tcp_stream::connect(here));
      auto accepted = co_await listener.accept();
      sessions.spawn("session", session(std::move(accepted), farewell));
    }
  });
}

// Ten thousand tasks. -----------------------------------------------------------------------------

rondo::task<> wait_a_little(int n) {
  for (;;) co_await rondo::sleep_for(100ms + std::chrono::milliseconds(n % 900));
}

rondo::task<> crowd() {
  co_await rondo::with_scope([](rondo::scope& all) -> rondo::task<> {
    for (int i = 0; i < 10'000; ++i) all.spawn("one of many", wait_a_little(i));
    co_return;
  });
}

/// Work that takes its time.
void compute(rondo::duration limit) {
  const rondo::instant end = rondo::real_clock().now() + limit;
  while (rondo::real_clock().now() < end) {
  }
}

// A little of everything. -------------------------------------------------------------------------

rondo::task<> produce(rondo::channel<int>& to) {
  for (int i = 0;; ++i) {
    co_await rondo::sleep_for(3ms);
    co_await to.send(i);
  }
}

rondo::task<> consume(rondo::channel<int>& from) {
  while (co_await from.receive()) {
    co_await rondo::offload([] { compute(1ms); });
    compute(200us);
  }
}

rondo::task<> echo(rondo::tcp_stream peer) {
  for (;;) {
    auto some = co_await peer.read_some();
    if (some.empty()) co_return;
    compute(150us);
    co_await peer.write_all(some.bytes());
  }
}

rondo::task<> chat(rondo::socket_address with) {
  auto peer = co_await rondo::tcp_stream::connect(with);
  for (;;) {
    co_await peer.write_all("how are you?\n");
    co_await peer.read_some();
    co_await rondo::sleep_for(7ms);
  }
}

rondo::task<> healthy() {
  rondo::loop& loop = co_await rondo::this_loop();
  loop.set_interval(10ms, [&loop] {
    compute(900us);
    loop.next_tick([] { compute(100us); });
    loop.set_immediate([] { compute(400us); });
  });
  rondo::channel<int> orders(16);
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const auto here = *listener.local_address();
  co_await rondo::with_scope([&](rondo::scope& all) -> rondo::task<> {
    all.spawn("producer", produce(orders));
    all.spawn("consumer", consume(orders));
    for (int i = 0; i < 4; ++i) {
      all.spawn("client", chat(here));
      auto accepted = co_await listener.accept();
      all.spawn("echo", echo(std::move(accepted)));
    }
  });
}

rondo::task<> show(rondo::task<> program, rondo::probe::recorder& recorder) {
  rondo::observe::inspect_options options;
  options.page = true;
  options.recorder = &recorder;
  const auto see = co_await rondo::observe::inspect(options);
  std::printf("%s\n", see.page().c_str());
  std::fflush(stdout);
  co_await std::move(program);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  rondo::probe::recorder recorder;
  if (what == "stall") {
    rondo::runtime_options options = rondo::multi_thread(2);
    options.recorder = &recorder;
    rondo::run(show(stall(), recorder), options);
    return 0;
  }
  rondo::loop_options options;
  options.recorder = &recorder;
  rondo::loop loop(std::move(options));
  if (what == "deadlock") rondo::run(loop, show(deadlock(), recorder));
  if (what == "leak") rondo::run(loop, show(leak(), recorder));
  if (what == "crowd") rondo::run(loop, show(crowd(), recorder));
  if (what == "healthy") rondo::run(loop, show(healthy(), recorder));
  std::fprintf(stderr, "shown: deadlock, stall, leak, crowd or healthy\n");
  return 2;
}

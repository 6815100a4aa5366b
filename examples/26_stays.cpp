// Tasks that may go to another thread, tasks that stay, and a lock between them.
#include <cstdio>
#include <string>
#include <vector>

#include <rondo/rondo.hpp>

struct inventory {
  rondo::mutex lock;
  std::vector<std::string> items;  // guarded by `lock`
};

/// Runs on any worker, and on another one after each await.
rondo::task<> deliver(inventory& into, int parcel) {
  co_await rondo::yield_now();
  auto hold = co_await into.lock.lock();
  into.items.push_back("parcel " + std::to_string(parcel));
}

/// Uses a loop, so it stays on the worker whose loop that is.
rondo::task<int> count_ticks(rondo::loop* l) {
  int ticks = 0;
  l->next_tick([&] { ++ticks; });
  co_await rondo::yield_now();
  co_return ticks;
}

rondo::task<> amain() {
  inventory stock;
  auto body = [&](rondo::parallel_scope& all) -> rondo::task<> {
    for (int i = 0; i < 10; ++i) all.spawn("delivery", deliver(stock, i));
    rondo::loop& here = co_await rondo::this_loop();
    // spawn_with(count_ticks, &here) would not compile: a loop belongs to its thread.
    std::printf("%d tick\n", co_await all.spawn_local(count_ticks(&here)));
  };
  co_await rondo::with_parallel_scope(std::move(body));
  std::printf("%zu parcels\n", stock.items.size());
}

int main() {
  return rondo::run(amain(), rondo::multi_thread(2));
}

// A shop that never closes: the cook is done, but has not said so, and the waiter waits for the
// next dish for ever. An interval keeps the loop alive meanwhile.
#include <chrono>
#include <cstdio>

#include <rondo/observe/inspect.hpp>
#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

rondo::task<> cook(rondo::channel<int>& dishes) {
  for (int i = 0; i < 3; ++i) co_await dishes.send(i);
  // dishes.close() is what is missing here
}

rondo::task<int> next_dish(rondo::channel<int>& dishes) {
  const auto dish = co_await dishes.receive();
  co_return dish.value_or(-1);
}

rondo::task<> waiter(rondo::channel<int>& dishes) {
  while (co_await next_dish(dishes) >= 0) {
    std::puts("served");
    std::fflush(stdout);
  }
}

rondo::task<> restaurant() {
  const auto inspector = co_await rondo::observe::inspect();
  rondo::loop& l = co_await rondo::this_loop();
  l.set_interval(1s, [] { /* water the flowers */ });
  rondo::channel<int> dishes(1);
  auto body = [&](rondo::scope& staff) -> rondo::task<> {
    staff.spawn("cook", cook(dishes));
    staff.spawn("waiter", waiter(dishes));
    co_return;
  };
  co_await rondo::with_scope(body);
  std::puts("closed");
}

int main() {
  return rondo::run(restaurant());
}

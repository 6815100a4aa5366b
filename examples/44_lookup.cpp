// Names into addresses: a hundred tasks that ask the same at once make one call.
#include <cstdio>

#include <rondo/rondo.hpp>

rondo::task<> ask(int& answered) {
  const auto found = co_await rondo::dns::lookup("localhost", 80);
  for (const rondo::socket_address& each : found) {
    if (each.host() != "127.0.0.1" && each.host() != "::1") std::puts(each.to_string().c_str());
  }
  ++answered;
}

rondo::task<> amain() {
  int answered = 0;
  const auto all = [&](rondo::scope& tasks) -> rondo::task<> {
    for (int i = 0; i < 100; ++i) tasks.spawn(ask(answered));
    co_return;
  };
  co_await rondo::with_scope(all);
  co_await ask(answered);  // and again

  rondo::loop& here = co_await rondo::this_loop();
  const rondo::dns::resolver_counts counts = rondo::dns::resolver::of(here).counts();
  std::printf("%d answered\n", answered);
  std::printf("asked %d, joined %d, remembered %d\n", static_cast<int>(counts.asked),
              static_cast<int>(counts.coalesced), static_cast<int>(counts.hits));
  try {
    co_await rondo::dns::lookup("no such name");
  } catch (const rondo::error& e) {
    std::puts(e.what());
  }
}

int main() {
  return rondo::run(amain());
}

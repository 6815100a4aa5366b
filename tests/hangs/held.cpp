// A server whose answers stop for as long as one task computes: it never awaits anything.
#include <chrono>
#include <cstdio>

#include <rondo/observe/inspect.hpp>
#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

[[gnu::noinline]] long count_primes(long below) {
  long found = 0;
  for (long n = 2; n < below; ++n) {
    bool is_prime = true;
    for (long d = 2; d * d <= n && is_prime; ++d) is_prime = n % d != 0;
    found += is_prime ? 1 : 0;
  }
  return found;
}

rondo::task<> report() {
  co_await rondo::sleep_for(100ms);
  std::puts("computing");
  std::fflush(stdout);
  std::printf("%ld primes\n", count_primes(2'000'000'000));
}

rondo::task<> answer() {
  for (;;) co_await rondo::sleep_for(10ms);
}

rondo::task<> server() {
  const auto inspector = co_await rondo::observe::inspect();
  auto body = [](rondo::scope& s) -> rondo::task<> {
    s.spawn("report", report());
    s.spawn("answer", answer());
    co_return;
  };
  co_await rondo::with_scope(body);
}

int main() {
  return rondo::run(server());
}

// One program, on one thread and on several: only the second argument of `run` differs.
#include <cstdio>

#include <rondo/rondo.hpp>

/// How many primes there are in [from, to): work for a processor, in slices that let others run.
rondo::task<int> count_primes(int from, int to) {
  int count = 0;
  for (int n = from; n < to; ++n) {
    bool prime = n > 1;
    for (int d = 2; d * d <= n && prime; ++d) prime = n % d != 0;
    count += prime ? 1 : 0;
    if (n % 1'000 == 0) co_await rondo::yield_now();
  }
  co_return count;
}

rondo::task<int> amain() {
  int total = 0;
  auto body = [&](rondo::parallel_scope& all) -> rondo::task<> {
    std::vector<rondo::join_handle<int>> parts;
    parts.reserve(20);
    for (int i = 0; i < 20; ++i) {
      parts.push_back(all.spawn(count_primes(i * 10'000, (i + 1) * 10'000)));
    }
    for (auto& each : parts) total += co_await each;
  };
  co_await rondo::with_parallel_scope(std::move(body));
  if (rondo::runtime* const here = co_await rondo::this_runtime()) {
    std::uint64_t polls = 0;
    for (int i = 0; i < here->workers(); ++i) polls += here->metrics(i).polls;
    std::printf("%d workers, %s\n", here->workers(), polls >= 200 ? "some 200 polls" : "too few");
  }
  co_return total;
}

int main() {
  std::printf("%d\n", rondo::run(amain(), rondo::current_thread()));
  std::printf("%d\n", rondo::run(amain(), rondo::multi_thread(4)));
}

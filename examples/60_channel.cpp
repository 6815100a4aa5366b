// A channel between tasks: two workers share the jobs of one producer, who has to wait while eight
// are in line. When the producer has closed the channel, the workers get what is left, and end.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

rondo::task<> work(rondo::channel<int>& jobs, int& sum) {
  while (auto job = co_await jobs.receive()) {
    co_await rondo::sleep_for(1ms);
    sum += *job;
  }
}

rondo::task<> produce(rondo::channel<int>& jobs) {
  for (int i = 1; i <= 100; ++i) co_await jobs.send(i);
  std::printf("all jobs are on their way, %zu of them in line\n", jobs.size());
  jobs.close();
}

rondo::task<> amain() {
  rondo::channel<int> jobs(8);  // outside of the scope whose tasks use it: it outlives them
  int sums[2] = {};
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    for (int& sum : sums) s.spawn(work(jobs, sum));
    co_await produce(jobs);
  });
  std::printf("the sum is %d\n", sums[0] + sums[1]);
}

int main() {
  return rondo::run(amain());
}

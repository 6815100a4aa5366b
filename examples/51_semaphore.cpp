// A semaphore limits how many do something at once. Big and small requests are served in the order
// of their coming, so a big one can't starve.
#include <chrono>
#include <cstdio>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/sync/semaphore.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

rondo::task<> download(rondo::semaphore& connections, int& busy, int& most) {
  const rondo::semaphore::permit one = co_await connections.acquire();
  if (++busy > most) most = busy;
  co_await rondo::sleep_for(1ms);
  --busy;
}

rondo::task<> amain() {
  rondo::semaphore connections(3);
  int busy = 0;
  int most = 0;
  std::vector<rondo::task<>> downloads;
  downloads.reserve(20);
  for (int i = 0; i < 20; ++i) downloads.push_back(download(connections, busy, most));
  co_await rondo::when_all(std::move(downloads));
  std::printf("20 downloads, at most %d at once\n", most);

  rondo::semaphore::permit all = co_await connections.acquire(3);
  std::printf("now %d are free, and try_acquire says %s\n", connections.available(),
              connections.try_acquire() ? "yes" : "no");
  all.release();
  std::printf("and now %d\n", connections.available());
}

int main() {
  return rondo::run(amain());
}

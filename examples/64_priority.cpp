// The same interface, other orders: by priority, and the newest first.
#include <cstdio>
#include <string>
#include <utility>

#include <rondo/async/run.hpp>
#include <rondo/sync/priority_channel.hpp>
#include <rondo/sync/stack_channel.hpp>

struct job {
  job(int p, std::string what) : priority(p), name(std::move(what)) {}
  int priority;
  std::string name;
  bool operator<(const job& other) const noexcept { return priority < other.priority; }
};

rondo::task<> amain() {
  rondo::priority_channel<job> urgent_first(rondo::unbounded);
  co_await urgent_first.send(job(3, "sweep the floor"));
  co_await urgent_first.send(job(1, "put out the fire"));
  co_await urgent_first.send(job(3, "water the plants"));  // equals keep their order
  urgent_first.close();
  while (auto next = co_await urgent_first.receive()) {
    std::printf("%d %s\n", next->priority, next->name.c_str());
  }

  rondo::stack_channel<int> newest_first(10);
  for (int i = 1; i <= 3; ++i) co_await newest_first.send(i);
  while (auto next = newest_first.try_receive()) std::printf("%d\n", *next);
}

int main() {
  return rondo::run(amain());
}

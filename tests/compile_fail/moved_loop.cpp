// What belongs to one thread is not given to a task that may go to another.
// expect: an argument of this task belongs to the thread that made it
#include <rondo/loop/loop.hpp>
#include <rondo/task/spawn.hpp>

rondo::task<> use(rondo::loop* l);
rondo::task<> compute(int n);

rondo::task<> parent(rondo::loop& l) {
#ifdef MISTAKE
  co_await rondo::spawn_with(use, &l);
#else
  co_await rondo::spawn_with(compute, 1);
  co_await rondo::spawn_local(use(&l));
#endif
}

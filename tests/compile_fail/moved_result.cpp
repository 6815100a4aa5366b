// The result of a task that may go to another thread goes with it.
// expect: the result of this task belongs to the thread that made it
#include <rondo/async/promise.hpp>
#include <rondo/task/parallel_scope.hpp>

rondo::task<rondo::promise<int>> make();
rondo::task<int> compute();

void start(rondo::parallel_scope& all) {
#ifdef MISTAKE
  all.spawn(make());
#else
  all.spawn(compute());
#endif
}

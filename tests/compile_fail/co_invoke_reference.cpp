// A task that may outlive the local that it refers to.
// expect: it takes a reference to a variable, that may be gone before the task ends
#include <rondo/task/co_invoke.hpp>
#include <rondo/task/scope.hpp>

rondo::task<> count(int& counter) {
  ++counter;
  co_return;
}
rondo::task<> count_at(int* counter) {
  ++*counter;
  co_return;
}

void parent(rondo::scope& s) {
  static int counter = 0;
#ifdef MISTAKE
  s.spawn(rondo::co_invoke(&count, counter));
#else
  s.spawn(rondo::co_invoke(&count_at, &counter));
#endif
}

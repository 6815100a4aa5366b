// Two owners of one frame.
// expect: call to implicitly-deleted copy constructor of 'rondo::task<>'
#include <rondo/task/task.hpp>

rondo::task<> child() {
  co_return;
}

rondo::task<> twice() {
  rondo::task<> first = child();
#ifdef MISTAKE
  rondo::task<> second = first;
#else
  rondo::task<> second = std::move(first);
#endif
  co_await std::move(second);
}

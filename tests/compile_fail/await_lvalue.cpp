// A task with a name is awaited once, and given away visibly.
// expect: overload resolution selected deleted operator 'co_await'
#include <rondo/task/task.hpp>

rondo::task<int> child() {
  co_return 1;
}

rondo::task<int> parent() {
  rondo::task<int> named = child();
#ifdef MISTAKE
  co_return co_await named;
#else
  co_return co_await std::move(named);
#endif
}

// A lambda with captures that is a coroutine dies before what it made, and its captures with it.
// expect: temporary whose address is used as value of local variable 'later'
#include <rondo/task/task.hpp>

rondo::task<int> parent(int n) {
#ifdef MISTAKE
  auto later = [n]() -> rondo::task<int> { co_return n; }();
#else
  auto lambda = [n]() -> rondo::task<int> { co_return n; };
  auto later = lambda();
#endif
  co_return co_await std::move(later);
}

// A lambda with captures is spawned as a coroutine, and dies at the end of the statement.
// expect: temporary whose address is used as value of local variable 'later'
#include <rondo/task/co_invoke.hpp>
#include <rondo/task/scope.hpp>

rondo::task<int> parent(rondo::scope& s, int n) {
#ifdef MISTAKE
  auto later = s.spawn([n]() -> rondo::task<int> { co_return n; }());
#else
  auto later = s.spawn(rondo::co_invoke([n]() -> rondo::task<int> { co_return n; }));
#endif
  co_return co_await later;
}

// Forgetting the co_await is no sleep at all.
// expect: ignoring return value of function declared with 'nodiscard' attribute
#include <rondo/async/sleep.hpp>

rondo::task<> parent() {
#ifdef MISTAKE
  rondo::sleep_for(rondo::duration::seconds(1));
#else
  co_await rondo::sleep_for(rondo::duration::seconds(1));
#endif
  co_return;
}

// A choice that is never made.
// expect: ignoring return value
#include <rondo/async/sleep.hpp>
#include <rondo/task/when_any.hpp>

rondo::task<> parent() {
#ifdef MISTAKE
  rondo::when_any(rondo::sleep_for(rondo::duration::seconds(1)));
  co_return;
#else
  auto first = co_await rondo::when_any(rondo::sleep_for(rondo::duration::seconds(1)));
  static_cast<void>(first);
#endif
}

// A task that is neither awaited nor spawned never runs.
// expect: ignoring return value of function declared with 'nodiscard' attribute
#include <rondo/task/task.hpp>

rondo::task<> child() {
  co_return;
}

rondo::task<> parent() {
#ifdef MISTAKE
  child();
#else
  co_await child();
#endif
  co_return;
}

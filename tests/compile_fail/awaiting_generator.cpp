// A synchronous generator that waits: it has no line of execution that could be suspended.
// expect: a generator can't await: make it an async_generator
#include <rondo/async/sleep.hpp>
#include <rondo/task/async_generator.hpp>
#include <rondo/task/generator.hpp>

#ifdef MISTAKE
rondo::generator<int> numbers() {
#else
rondo::async_generator<int> numbers() {
#endif
  co_await rondo::sleep_for(rondo::duration::seconds(1));
  co_yield 1;
}

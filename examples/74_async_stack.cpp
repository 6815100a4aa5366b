// Where does it hang? Every task of the program, what it waits for, and who awaits whom.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/task/async_stack.hpp>
#include <rondo/task/this_task.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

rondo::task<> answer() {
  co_await rondo::sleep_for(1h);
}
rondo::task<> session() {
  co_await answer();
}

rondo::task<> amain() {
  rondo::task_context& program = co_await rondo::this_task();
  rondo::loop& loop = co_await rondo::this_loop();
  loop.set_timeout(1ms, [&] { std::fputs(rondo::task_tree(program).c_str(), stdout); });
  co_await rondo::within(5ms, rondo::when_all(session(), session()));
}

int main() {
  return rondo::run(amain());
}

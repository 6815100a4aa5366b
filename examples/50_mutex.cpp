// A mutex between tasks is held across awaits, which a std::mutex can't be: who has to wait is
// suspended, and its thread goes on with others. `guarded` keeps a value that can't be reached
// without the lock.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/sync/guarded.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

rondo::task<> print_page(rondo::mutex& printer, const char* who) {
  const rondo::mutex::guard hold = co_await printer.lock();
  std::printf("%s prints...\n", who);
  co_await rondo::sleep_for(1ms);  // nobody else gets the printer meanwhile
  std::printf("%s is done\n", who);
}

rondo::task<> pay(rondo::guarded<int>& account, int amount) {
  auto balance = co_await account.lock();
  const int before = *balance;
  co_await rondo::sleep_for(1ms);
  *balance = before + amount;  // no payment is lost, though each took its time
}

rondo::task<> amain() {
  rondo::mutex printer;
  co_await rondo::when_all(print_page(printer, "Ann"), print_page(printer, "Bob"));

  rondo::guarded<int> account(100);
  co_await rondo::when_all(pay(account, 20), pay(account, -50), pay(account, 7));
  std::printf("balance: %d\n", *account.try_lock());

  const rondo::mutex::guard hold = co_await printer.lock();
  auto late = co_await rondo::within(1ms, print_page(printer, "Eve"));
  std::printf("Eve %s\n", late ? "printed" : "gave up");
}

int main() {
  return rondo::run(amain());
}

// What is needed by many and costly to make is made once, by whoever needs it first; the others
// wait for it. Where the first fails, the next in line tries.
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/sync/once_cell.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

rondo::task<std::string> connect(const char* who, bool works) {
  std::printf("%s connects\n", who);
  co_await rondo::sleep_for(1ms);
  if (!works) throw std::runtime_error("connection refused");
  co_return std::string("a connection by ") + who;
}

rondo::task<> query(rondo::once_cell<std::string>& shared, const char* who, bool works) {
  try {
    const std::string& connection = co_await shared.get(
        [&]() -> rondo::task<std::string> { co_return co_await connect(who, works); });
    std::printf("%s uses %s\n", who, connection.c_str());
  } catch (const std::runtime_error& e) {
    std::printf("%s: %s\n", who, e.what());
  }
}

rondo::task<> amain() {
  rondo::once_cell<std::string> shared;
  co_await rondo::when_all(query(shared, "Ann", false), query(shared, "Bob", true),
                           query(shared, "Eve", true));
}

int main() {
  return rondo::run(amain());
}

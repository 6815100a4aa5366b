// Spawned tasks outlive the statement that makes them: co_invoke gives them copies to own, where a
// direct call would leave them with references.
#include <chrono>
#include <cstdio>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/co_invoke.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

rondo::task<> greet(const std::string& name) {
  co_await rondo::sleep_for(1ms);
  std::printf("hello, %s\n", name.c_str());
}

rondo::task<> amain() {
  co_await rondo::with_scope([](rondo::scope& s) -> rondo::task<> {
    for (int i = 1; i <= 3; ++i) {
      const std::string name = "guest " + std::to_string(i);  // gone before the guest is greeted
      s.spawn(rondo::co_invoke(&greet, name));
      s.spawn(rondo::co_invoke([name]() -> rondo::task<> {
        co_await rondo::sleep_for(2ms);
        std::printf("good bye, %s\n", name.c_str());
      }));
    }
    co_return;
  });
}

int main() {
  return rondo::run(amain());
}

// One line, and a browser sees what this program does: its loop, its tasks, who waits for whom.
// Here the program looks at itself, too, and prints what the page would show.
#include <chrono>
#include <cstdio>
#include <string_view>

#include <rondo/observe/inspect.hpp>
#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

static rondo::task<> dine(rondo::mutex& left, rondo::mutex& right) {
  const auto first = co_await left.lock();
  co_await rondo::yield_now();
  const auto second = co_await right.lock();  // for ever: the other one has it
}

static rondo::task<> amain() {
  rondo::observe::inspect_options options;
  options.page = true;  // an address that only this machine can open, with a token
  const auto see = co_await rondo::observe::inspect(options);

  const std::string_view page = see.page();
  const auto token = page.find("/?token=");
  std::printf("look at %.*s:PORT/?token=..., a token of %zu digits\n", 16, page.data(),
              page.size() - token - std::string_view("/?token=").size());

  rondo::mutex fork;
  rondo::mutex knife;
  co_await rondo::with_scope([&](rondo::scope& table) -> rondo::task<> {
    table.spawn("Plato", dine(fork, knife));
    table.spawn("Kant", dine(knife, fork));
    rondo::observe::snapshot now = see.look();
    while (now.deadlocks.empty()) {
      co_await rondo::sleep_for(1ms);
      now = see.look();
    }
    for (const rondo::observe::task_view& each : now.tasks) {
      if (each.on != nullptr) {
        std::printf("%s waits for the %s\n", each.name.c_str(), each.waits_for.c_str());
      }
    }
    std::printf("deadlocks: %zu, of %zu tasks\n", now.deadlocks.size(),
                now.deadlocks.front().tasks.size());
    table.cancel("they have starved for long enough");
  });
}

int main() {
  rondo::run(amain());
}

// Signals, awaited: two sets hear of the same one, and what came before the await is not lost. The
// program sends them to itself.
#include <csignal>
#include <cstdio>

#include <rondo/rondo.hpp>

rondo::task<> listen(const char* who, rondo::signal_set& signals) {
  const int number = co_await signals.next();
  std::printf("%s: %s\n", who, rondo::os::signal_name(number).c_str());
}

rondo::task<> amain() {
  rondo::loop& here = co_await rondo::this_loop();
  rondo::signal_set to_reload(here, {SIGHUP});
  rondo::signal_set to_log(here, {SIGHUP, SIGUSR1});
  std::raise(SIGHUP);  // without the sets it would end the program
  co_await listen("reload", to_reload);
  co_await listen("log", to_log);
  {
    const rondo::ignored_signals quiet({SIGTERM});
    std::raise(SIGTERM);
    std::puts("still here");
  }
  std::raise(SIGUSR1);
  co_await listen("log", to_log);
}

int main() {
  rondo::run(amain());
}

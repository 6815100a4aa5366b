// Serves the inspector's page of a program that does nothing, and prints where: for
// gallery_page_test.py, which ends it.
#include <cstdio>

#include <rondo/async/run.hpp>

#include "observe/page_server.hpp"

static rondo::task<> serve() {
  rondo::loop& l = co_await rondo::this_loop();
  rondo::observe::page_source idle;
  idle.look = [] { return rondo::observe::snapshot(); };
  rondo::observe::page_server page(l, std::move(idle), "127.0.0.1", 0);
  std::puts(page.url().c_str());
  std::fflush(stdout);
  co_await page.serve();
}

int main() {
  return rondo::run(serve());
}

// The hello server on Rondo's HTTP server, one a thread that shares nothing with the others but the
// port: its whole parser, its limits and timeouts, and a Date in each answer.
#include <cstdio>

#include <rondo/http/server.hpp>
#include <rondo/runtime/sharded.hpp>

#include "bench.h"

namespace {

class hello final : public rondo::http::handler {
 public:
  rondo::http::handling handle(rondo::http::exchange& x) override {
    if (x.request().target() == "/work") bench_work(BENCH_HEAVY_STEPS);
    x.respond(200, "text/plain", "Hello, world!");
    return rondo::http::at_once;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const bench_options options = bench_parse(argc, argv);
  const auto where =
      *rondo::socket_address::from_host("127.0.0.1", static_cast<std::uint16_t>(options.port));
  return rondo::run(rondo::sharded(options.workers), [&](rondo::shard& me) -> rondo::task<> {
    rondo::loop& here = co_await rondo::this_loop();
    auto listener = co_await me.bind<rondo::tcp_listener>(where);
    if (me.index() == 0) {
      std::printf("listening %d\n", listener.local_address()->port());
      std::fflush(stdout);
    }
    hello answers;
    rondo::http::server server(here, answers);
    co_await server.serve(std::move(listener));
  });
}

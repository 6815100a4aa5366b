// The hello server on Rondo's HTTP server, as any program would use it: its whole parser, its
// limits and timeouts, and a Date in each answer.
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/http/server.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/probe/recorder.hpp>

#include "bench.h"

namespace {

class hello final : public rondo::http::handler {
 public:
  rondo::http::handling handle(rondo::http::exchange& x) override {
    x.respond(200, "text/plain", "Hello, world!");
    return rondo::http::at_once;
  }
};

rondo::task<> serve(std::uint16_t port) {
  rondo::loop& here = co_await rondo::this_loop();
  auto listener =
      co_await rondo::tcp_listener::bind(*rondo::socket_address::from_host("127.0.0.1", port));
  std::printf("listening %d\n", listener.local_address()->port());
  std::fflush(stdout);
  hello answers;
  rondo::http::server server(here, answers);
  co_await server.serve(std::move(listener));
}

}  // namespace

int main(int argc, char** argv) {
  const bench_options options = bench_parse(argc, argv);
  rondo::probe::recorder recorder;
  rondo::loop_options chosen;
  if (options.record != 0) chosen.recorder = &recorder;
  if (options.backend != nullptr) {
    chosen.backend =
        rondo::io::make_backend(rondo::io::parse_backend(options.backend).value()).value();
  }
  return rondo::run(serve(static_cast<std::uint16_t>(options.port)), std::move(chosen));
}

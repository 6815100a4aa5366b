// SIGTERM in the middle of a request: the server takes no more connections, ends what is under
// way, and goes. The program sends the signal to itself.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include <rondo/http/server.hpp>
#include <rondo/rondo.hpp>

using namespace std::chrono_literals;
namespace http = rondo::http;

class slow final : public http::handler {
 public:
  http::handling handle(http::exchange& x) override { return answer(x); }

 private:
  static rondo::task<> answer(http::exchange& x) {
    std::puts("a request is under way");
    std::raise(SIGTERM);
    co_await rondo::sleep_for(20ms);
    x.respond(200, "text/plain", "finished all the same");
  }
};

rondo::task<> stop_on_signal(rondo::signal_set& signals, http::server& server) {
  co_await signals.next();
  std::puts("SIGTERM: draining");
  server.stop();
}

rondo::task<> ask(rondo::socket_address where) {
  rondo::tcp_stream client = co_await rondo::tcp_stream::connect(where);
  co_await client.write_all("GET / HTTP/1.1\r\nHost: example\r\n\r\n");
  std::string answer;
  for (;;) {
    const rondo::io_buffer some = co_await client.read_some();
    if (some.empty()) break;
    answer += some.text();
  }
  const bool told = answer.find("\r\nConnection: close\r\n") != answer.npos;
  std::printf("%s%s\n", answer.substr(answer.find("\r\n\r\n") + 4).c_str(),
              told ? " (and the connection is closed)" : "");
}

rondo::task<> amain() {
  rondo::loop& here = co_await rondo::this_loop();
  rondo::signal_set signals(here, {SIGTERM});
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const rondo::socket_address where = *listener.local_address();
  slow answers;
  http::server_options options;
  options.drain_timeout = 5s;  // the longest that it may take
  http::server server(here, answers, std::move(options));
  co_await rondo::when_all(server.serve(std::move(listener)), stop_on_signal(signals, server),
                           ask(where));
  std::puts("gone");
}

int main() {
  return rondo::run(amain());
}

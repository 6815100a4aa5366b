// An HTTP server that greets, and a client that asks it three things on one connection.
#include <cstdio>
#include <string>

#include <rondo/http/server.hpp>
#include <rondo/rondo.hpp>

namespace http = rondo::http;

class greeter final : public http::handler {
 public:
  http::handling handle(http::exchange& x) override {
    if (x.request().target() == "/echo") return echo(x);  // needs time: a task
    if (x.request().target() == "/hello") {
      x.respond(200, "text/plain", "Hello, World!\n");
    } else {
      x.respond(404, "text/plain", "There is only /hello and /echo.\n");
    }
    return http::at_once;
  }

 private:
  static rondo::task<> echo(http::exchange& x) {
    const std::string body = co_await x.whole_body();
    x.respond(200, "text/plain", body);
  }
};

rondo::task<> ask_and_stop(rondo::socket_address where, http::server& server) {
  rondo::tcp_stream client = co_await rondo::tcp_stream::connect(where);
  co_await client.write_all(
      "GET /hello HTTP/1.1\r\nHost: example\r\n\r\n"
      "GET /nothing HTTP/1.1\r\nHost: example\r\n\r\n"
      "POST /echo HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\nConnection: "
      "close\r\n\r\nagain");
  std::string answers;
  for (;;) {
    const rondo::io_buffer some = co_await client.read_some();
    if (some.empty()) break;
    answers += some.text();
  }
  for (std::size_t at = 0; (at = answers.find("HTTP/1.1 ", at)) != answers.npos; ++at) {
    const std::size_t body = answers.find("\r\n\r\n", at) + 4;
    const std::string status = answers.substr(at + 9, answers.find('\r', at) - at - 9);
    const std::string text = answers.substr(body, answers.find_first_of("\nH", body + 1) - body);
    std::printf("%s: %s\n", status.c_str(), text.c_str());
  }
  server.stop();
}

rondo::task<> amain() {
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const rondo::socket_address where = *listener.local_address();
  greeter answers;
  http::server server(co_await rondo::this_loop(), answers);
  co_await rondo::when_all(server.serve(std::move(listener)), ask_and_stop(where, server));
  std::printf("%llu requests\n", static_cast<unsigned long long>(server.requests()));
}

int main() {
  return rondo::run(amain());
}

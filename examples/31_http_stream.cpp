// An answer of unknown length, piece by piece. `write` waits where the client does not keep up, so
// a million lines cost no more memory than one.
#include <chrono>
#include <cstdio>
#include <string>

#include <rondo/http/server.hpp>
#include <rondo/rondo.hpp>

using namespace std::chrono_literals;
namespace http = rondo::http;

class counter final : public http::handler {
 public:
  http::handling handle(http::exchange& x) override { return count(x); }

 private:
  static rondo::task<> count(http::exchange& x) {
    const http::field fields[] = {{"Content-Type", "text/plain"}};
    x.begin(200, fields);  // no size: chunked
    for (int i = 1; i <= 1'000'000; ++i) co_await x.write(std::to_string(i) + "\n");
    co_await rondo::sleep_for(1ms);
    co_await x.write("that was all\n");
  }
};

rondo::task<> ask_and_stop(rondo::socket_address where, http::server& server) {
  rondo::tcp_stream client = co_await rondo::tcp_stream::connect(where);
  // HTTP/1.0 knows no chunks: the end of the connection is the end of the answer.
  co_await client.write_all("GET / HTTP/1.0\r\n\r\n");
  std::size_t lines = 0;
  std::string last;
  for (;;) {
    const rondo::io_buffer some = co_await client.read_some();
    if (some.empty()) break;
    for (const char c : some.text()) lines += c == '\n';
    last.append(some.text());
    if (last.size() > 100) last.erase(0, last.size() - 100);
  }
  last.pop_back();
  std::printf("%s, %s\n", last.substr(last.rfind('\n') + 1).c_str(),
              lines > 1'000'000 ? "and nothing is missing" : "but lines are missing");
  server.stop();
}

rondo::task<> amain() {
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const rondo::socket_address where = *listener.local_address();
  counter answers;
  http::server server(co_await rondo::this_loop(), answers);
  co_await rondo::when_all(server.serve(std::move(listener)), ask_and_stop(where, server));
}

int main() {
  return rondo::run(amain());
}

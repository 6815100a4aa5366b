// A program with a known load, on as many workers as it is told, that prints what it has measured.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <rondo/async/offload.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/http/server.hpp>
#include <rondo/net/tcp_stream.hpp>
#include <rondo/observe/metrics.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/spawn.hpp>

using namespace std::chrono_literals;

namespace {

/// 10 tasks, each resumed three times.
rondo::task<> nap() {
  for (int i = 0; i < 2; ++i) co_await rondo::sleep_for(1ms);
}

bool is_whole(const std::string& answer) {
  static const std::string key = "Content-Length: ";
  const std::size_t end = answer.find("\r\n\r\n");
  const std::size_t length = answer.find(key);
  if (end == answer.npos || length == answer.npos) return false;
  return answer.size() - (end + 4) >= std::stoul(answer.substr(length + key.size()));
}

rondo::task<> ask(rondo::socket_address where, int times) {
  rondo::tcp_stream stream = co_await rondo::tcp_stream::connect(where);
  std::string answer;
  std::byte buffer[16 * 1024];
  for (int i = 0; i < times; ++i) {
    const std::string path = i + 1 == times ? "/metrics" : "/";
    co_await stream.write_all("GET " + path + " HTTP/1.1\r\nHost: here\r\n\r\n");
    answer.clear();
    while (!is_whole(answer)) {
      const std::size_t size = co_await stream.read(buffer);
      if (size == 0) break;
      answer.append(reinterpret_cast<const char*>(buffer), size);
    }
  }
  std::fputs(answer.substr(answer.find("\r\n\r\n") + 4).c_str(), stdout);
  std::fprintf(stderr, "%s", answer.substr(0, answer.find("\r\n\r\n")).c_str());
}

rondo::task<> amain(rondo::observe::meter& figures) {
  co_await figures.attach();
  rondo::loop& here = co_await rondo::this_loop();
  for (int i = 0; i < 10; ++i) {
    auto one = co_await rondo::spawn("nap", nap());
    co_await one;
  }
  for (int i = 0; i < 3; ++i) co_await rondo::offload([] {});
  // Callbacks that hold this loop: three times 60 ms.
  for (int i = 0; i < 3; ++i) {
    const auto until = std::chrono::steady_clock::now() + 60ms;
    while (std::chrono::steady_clock::now() < until) {
    }
    co_await rondo::sleep_for(30ms);
  }
  rondo::http::server_options options;
  options.counters = &figures.server("test \"quoted\"");
  rondo::observe::metrics_page page(figures);
  rondo::http::server server(here, page, std::move(options));
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const rondo::socket_address where = *listener.local_address();
  const auto both = [&](rondo::scope& all) -> rondo::task<> {
    all.spawn("server", server.serve(std::move(listener)));
    co_await ask(where, 5);
    server.stop();
  };
  co_await rondo::with_scope(both);
}

}  // namespace

int main(int, char** argv) {
  rondo::observe::meter figures;
  rondo::runtime_options options = rondo::current_thread();
  options.workers = std::atoi(argv[1]);
  rondo::run(amain(figures), options);
  const rondo::observe::metrics end = figures.read();  // the loops are gone, their figures are not
  std::fprintf(stderr, "\nafter the end: %llu turns\n",
               static_cast<unsigned long long>(end.loops.front().loop.turns));
}

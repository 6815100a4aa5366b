// Two processes on one port. This program starts itself twice more as its workers; a reload
// replaces them one by one, and clients that ask all the time notice nothing.
#include <cstdio>
#include <string>

#include <rondo/cluster/supervisor.hpp>
#include <rondo/cluster/worker.hpp>
#include <rondo/http/server.hpp>
#include <rondo/rondo.hpp>

namespace cluster = rondo::cluster;
namespace http = rondo::http;

class greeter final : public http::handler {
 public:
  explicit greeter(int generation) : text_("generation " + std::to_string(generation)) {}
  http::handling handle(http::exchange& x) override {
    x.respond(200, "text/plain", text_);
    return http::at_once;
  }

 private:
  std::string text_;
};

// A worker: serves until it is asked to end, or the supervisor is gone --------------------------

rondo::task<> end_on_request(cluster::worker& me, http::server& server) {
  co_await me.ready();
  co_await me.until_end();
  server.stop();
}

rondo::task<> work() {
  rondo::loop& here = co_await rondo::this_loop();
  cluster::worker me = cluster::worker::join(here);
  greeter answers(me.generation());
  http::server server(here, answers);
  rondo::tcp_listener listener = me.listener();
  co_await rondo::when_all(server.serve(std::move(listener)), end_on_request(me, server));
}

// A client: asks, and asks again, over connections that the server may close behind an answer ---

rondo::task<std::string> ask(rondo::socket_address where) {
  rondo::tcp_stream server = co_await rondo::tcp_stream::connect(where);
  co_await server.write_all("GET / HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n");
  std::string answer;
  for (;;) {
    const rondo::io_buffer some = co_await server.read_some();
    if (some.empty()) break;
    answer += some.text();
  }
  const std::size_t head = answer.find("\r\n\r\n");
  co_return head == answer.npos ? "no answer" : answer.substr(head + 4);
}

rondo::task<> ask_all_the_time(rondo::socket_address where, int& unanswered) {
  for (;;) {
    const std::string answer = co_await ask(where);
    if (answer == "no answer") ++unanswered;
  }
}

// The supervisor --------------------------------------------------------------------------------

rondo::task<> supervise() {
  rondo::loop& here = co_await rondo::this_loop();
  rondo::event all_ready;
  int ready = 0;
  cluster::supervisor_options options;
  options.workers = 2;
  options.on_event = [&](const cluster::worker_event& e) {
    if (e.kind == cluster::worker_event_kind::ready && ++ready == 2) all_ready.set();
  };
  cluster::supervisor workers(here, cluster::this_program(), std::move(options));
  const auto where = workers.listen(rondo::socket_address::parse("127.0.0.1:0").value()).value();

  int unanswered = 0;
  co_await rondo::with_scope([&](rondo::scope& all) -> rondo::task<> {
    auto running = all.spawn(workers.run());
    co_await all_ready.wait();
    all.spawn(ask_all_the_time(where, unanswered));
    const std::string before = co_await ask(where);
    co_await workers.reload();
    const std::string after = co_await ask(where);
    std::printf("%s\n%s\n", before.c_str(), after.c_str());
    workers.stop();
    co_await running;
    all.cancel();
  });
  std::printf("%d requests without an answer\n", unanswered);
}

int main() {
  return rondo::run(cluster::worker::is_one() ? work() : supervise());
}

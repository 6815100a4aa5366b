// A worker for the tests: its first argument says how it behaves.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/cluster/supervisor.hpp>
#include <rondo/cluster/worker.hpp>
#include <rondo/http/server.hpp>
#include <rondo/task/when_all.hpp>

namespace {

namespace cluster = rondo::cluster;
namespace http = rondo::http;
using rondo::task;

/// Answers with the number of the process; /slow takes its time.
class who_answers final : public http::handler {
 public:
  http::handling handle(http::exchange& x) override {
    if (x.request().path_and_query() == "/slow") return slowly(x);
    x.respond(200, "text/plain", number_);
    return http::at_once;
  }

 private:
  task<> slowly(http::exchange& x) const {
    co_await rondo::sleep_for(rondo::duration::milliseconds(20));
    x.respond(200, "text/plain", number_);
  }

  const std::string number_ = std::to_string(::getpid());
};

task<> end_with(cluster::worker& me, http::server& server) {
  co_await me.ready();
  co_await me.until_end();
  server.stop();
}

task<> serve(cluster::worker me) {
  who_answers answers;
  http::server server(co_await rondo::this_loop(), answers);
  rondo::tcp_listener listener = me.listener();
  co_await rondo::when_all(server.serve(std::move(listener)), end_with(me, server));
}

/// Serves, but only where this file is not there.
task<> serve_unless(cluster::worker me, const char* path) {
  struct stat found = {};
  if (::stat(path, &found) == 0) std::exit(4);
  co_await serve(std::move(me));
}

/// Sends back what it gets, with a line about itself in front; its messages end with its life.
task<> echo(cluster::worker me) {
  co_await me.ready();
  for (;;) {
    auto message = co_await me.receive();
    if (!message) break;
    const std::string text = std::to_string(me.index()) + "/" + std::to_string(me.generation()) +
                             ": " + std::string(message->text());
    std::vector<int> numbers;
    for (const rondo::os::fd& each : message->descriptors) numbers.push_back(each.get());
    rondo::ipc_parcel back{std::as_bytes(std::span(text)), numbers};
    back.tag = message->tag;
    co_await me.send(back);
  }
  co_await me.send("bye");
}

task<> wait_for_the_end(cluster::worker me) {
  co_await me.ready();
  co_await me.until_end();
}

task<> never_ready(cluster::worker me) {
  co_await me.until_end();
}

/// Neither an order nor a polite signal ends it.
task<> stubborn(cluster::worker me) {
  std::signal(SIGTERM, SIG_IGN);
  co_await me.ready();
  co_await rondo::sleep_for(rondo::duration::seconds(1000));
}

/// A supervisor of two more of these, in a process of its own.
task<> supervise() {
  rondo::loop& here = co_await rondo::this_loop();
  rondo::process_options same = cluster::this_program();
  cluster::supervisor_options options;
  options.workers = 2;
  int ready = 0;
  options.on_event = [&](const cluster::worker_event& e) {
    if (e.kind != cluster::worker_event_kind::ready || ++ready < 2) return;
    std::puts("ready");
    std::fflush(stdout);
  };
  cluster::supervisor s(here, std::move(same), std::move(options));
  co_await s.run();
}

int run_as(const std::string& mode, const char* path) {
  if (mode == "die") return 3;
  if (!cluster::worker::is_one()) return rondo::run(supervise());
  rondo::loop l;
  cluster::worker me = cluster::worker::join(l);
  if (mode == "serve") rondo::run(l, serve(std::move(me)));
  if (mode == "serve_unless") rondo::run(l, serve_unless(std::move(me), path));
  if (mode == "echo") rondo::run(l, echo(std::move(me)));
  if (mode == "wait" || mode == "supervise") rondo::run(l, wait_for_the_end(std::move(me)));
  if (mode == "never_ready") rondo::run(l, never_ready(std::move(me)));
  if (mode == "stubborn") rondo::run(l, stubborn(std::move(me)));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  return run_as(count > 1 ? arguments[1] : "", count > 2 ? arguments[2] : "");
}

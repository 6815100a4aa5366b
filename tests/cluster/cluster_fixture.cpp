// Workers as the tests want them, and clients that count.
#include "cluster/cluster_fixture.hpp"

#include <charconv>

namespace rondo::testing {

process_options cluster_test::worker(std::string_view mode, std::string_view argument) {
  process_options program(RONDO_CLUSTER_WORKER_PROGRAM);
  program.arguments({mode, argument});
  program.environment("RONDO_BACKEND", io::to_string(GetParam()));
  return program;
}

cluster::supervisor_options cluster_test::noting(int workers) {
  cluster::supervisor_options options;
  options.workers = workers;
  options.on_event = [this](const cluster::worker_event& e) { events.push_back(e); };
  return options;
}

int cluster_test::count(kind what) const {
  return static_cast<int>(texts(what).size());
}

std::vector<std::string> cluster_test::texts(kind what) const {
  std::vector<std::string> found;
  for (const cluster::worker_event& e : events) {
    if (e.kind == what) found.push_back(e.text);
  }
  return found;
}

void load::begin(scope& in, int clients) {
  for (int i = 0; i < clients; ++i) {
    last_.push_back(make_owned<int>(0));
    in.spawn(client(*last_.back()));
  }
}

std::multiset<int> load::connected() const {
  std::multiset<int> all;
  for (const owned<int>& each : last_) all.insert(*each);
  return all;
}

task<> load::client(int& last) {
  const std::string question = get(path_);
  while (!ends_) {
    last = 0;
    http_client c;
    bool goes_on = true;
    while (goes_on) {
      reply r;
      try {
        if (!c.stream.is_open()) co_await c.connect(to_);
        r = co_await c.ask(question);
      } catch (const error&) {
        // refused, or reset
      }
      if (r.status == 200 && r.complete) {
        std::from_chars(r.body.data(), r.body.data() + r.body.size(), last);
        ++answered_;
        ++by_[last];
        goes_on = !r.says("Connection: close") && !ends_;
      } else {
        failed_.push_back(last);
        goes_on = false;
      }
    }
  }
}

}  // namespace rondo::testing

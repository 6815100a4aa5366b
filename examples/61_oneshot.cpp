// A request that carries the way back for its answer: a channel of requests, each with the sending
// end of a oneshot. Whoever asked waits at the other end, and is told where nobody will answer.
#include <cstdio>
#include <string>
#include <utility>

#include <rondo/async/run.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/sync/oneshot.hpp>
#include <rondo/task/scope.hpp>

struct request {
  std::string word;
  rondo::oneshot_sender<std::size_t> answer;
};

rondo::task<> measure(rondo::channel<request>& requests) {
  while (auto next = co_await requests.receive()) {
    if (next->word.empty()) continue;  // dropped with its sender
    static_cast<void>(next->answer.try_send(next->word.size()));
  }
}

rondo::task<> ask(rondo::channel<request>& to, std::string word) {
  auto [sender, receiver] = rondo::oneshot<std::size_t>();
  request mine(word, std::move(sender));
  co_await to.send(std::move(mine));
  const auto size = co_await receiver.receive();
  if (size) {
    std::printf("\"%s\" has %zu letters\n", word.c_str(), *size);
  } else {
    std::printf("no answer for \"%s\"\n", word.c_str());
  }
}

rondo::task<> amain() {
  rondo::channel<request> requests(4);
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(measure(requests));
    co_await ask(requests, "loop");
    co_await ask(requests, "");
    requests.close();
  });
}

int main() {
  return rondo::run(amain());
}

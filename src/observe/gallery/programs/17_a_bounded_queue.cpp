// Who waits for whom, where a channel has room for one?
#include <rondo/sync/channel.hpp>
#include <rondo/task/scope.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

task<> produce(stage& s, channel<int>& c) {
  for (int i = 1; i <= 3; ++i) {
    co_await c.send(i);
    s.say("sent " + std::to_string(i));
  }
  c.close();
}

task<> consume(stage& s, channel<int>& c) {
  for (;;) {
    const std::optional<int> got = co_await c.receive();
    if (!got) break;
    s.say("received " + std::to_string(*got));
  }
}

task<> amain(stage& s) {
  channel<int> c(1);
  const auto body = [&](scope& both) -> task<> {
    both.spawn("producer", produce(s, c));
    both.spawn("consumer", consume(s, c));
    co_return;
  };
  co_await with_scope(body);
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece a_bounded_queue;
const piece a_bounded_queue = {
    .title = "Producer and consumer",
    .question = "Who waits for whom, where a channel has room for one?",
    .article = "Python、Node.js、Rust 事件循环底层原理与对比分析",
    .tasks = &amain,
    .story =
        {
            {"sent 1",
             "There is room for one, so the first send does not wait. The "
             "second one has to."},
            {"received 1",
             "The consumer takes the 1; the producer's 2 moves up into the "
             "room, and the producer is ready to go on."},
            {"received 2",
             "Nothing to wait for: the consumer goes on at once, and its "
             "next receive waits."},
            {"sent 2", "Now the producer learns that its 2 was taken."},
            {"sent 3",
             "Somebody waits for the 3 already, and is handed it."},
            {"received 3",
             "The consumer goes on as a microtask. Then the channel is "
             "closed, and that ends its loop."},
        },
};

}  // namespace rondo::observe::gallery

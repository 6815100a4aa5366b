// Who goes on first, who began first or who slept shorter?
#include <rondo/async/sleep.hpp>
#include <rondo/task/scope.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

task<> example(stage& s, std::string name, duration delay) {
  s.say(name + " begins");
  co_await sleep_for(delay);
  s.say(name + " goes on");
}

task<> amain(stage& s) {
  const auto body = [&s](scope& both) -> task<> {
    both.spawn("first", example(s, "first", 2s));
    both.spawn("second", example(s, "second", 1s));
    co_return;
  };
  co_await with_scope(body);
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece two_tasks;
const piece two_tasks = {
    .title = "The shorter sleep first",
    .question = "Who goes on first, who began first or who slept shorter?",
    .article =
        "黄梓淳: 深入理解并实现基本的异步编程（Async Programming）机制, "
        "2025",
    .tasks = &amain,
    .story =
        {
            {"first begins",
             "Both were spawned, hence queued as microtasks, and run in "
             "that order."},
            {"second begins",
             "The first one sleeps: it lies in the heap of timers, and the "
             "thread is free."},
            {"second goes on",
             "The clock has come to 1 s, where the shorter sleep ends."},
            {"first goes on", "And to 2 s. The scope has waited for both."},
        },
};

}  // namespace rondo::observe::gallery

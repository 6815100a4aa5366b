// What does a program do while a file is read?
#include <rondo/async/offload.hpp>
#include <rondo/task/scope.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

task<> read(stage& s) {
  s.say("reading");
  const std::string text =
      co_await offload([] { return std::string("42"); });
  s.say("the file says " + text);
}

task<> amain(stage& s) {
  const auto body = [&s](scope& all) -> task<> {
    all.spawn("reader", read(s));
    all.spawn("another", [](stage& out) -> task<> {
      out.say("going on");
      co_return;
    }(s));
    co_return;
  };
  co_await with_scope(body);
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece reading_goes_on;
const piece reading_goes_on = {
    .title = "Reading, and going on",
    .question = "What does a program do while a file is read?",
    .article = "Python、Node.js、Rust 事件循环底层原理与对比分析",
    .tasks = &amain,
    .story =
        {
            {"reading",
             "A task is a coroutine that the loop runs as a microtask."},
            {"going on",
             "offload has handed the call to a thread of the pool, where "
             "it may block. The task waits for it; the loop's thread is "
             "free for others."},
            {"the file says 42",
             "The end of the work arrives in the poll phase, and the task "
             "goes on from there."},
        },
};

}  // namespace rondo::observe::gallery

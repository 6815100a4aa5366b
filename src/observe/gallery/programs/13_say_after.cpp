// How long do sleeps of 1 s and of 2 s take together?
#include <rondo/async/sleep.hpp>
#include <rondo/task/when_all.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

task<> greet(stage& s, duration delay, std::string what) {
  co_await sleep_for(delay);
  s.say(what);
}

task<> amain(stage& s) {
  s.say("started");
  co_await when_all(greet(s, 1s, "Hello"), greet(s, 2s, "World"));
  s.say("finished");
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece say_after;
const piece say_after = {
    .title = "Two sleeps at once",
    .question = "How long do sleeps of 1 s and of 2 s take together?",
    .article = "Python、Node.js、Rust 事件循环底层原理与对比分析",
    .tasks = &amain,
    .story =
        {
            {"started", "The main task begins."},
            {"Hello",
             "when_all has started both children, and each has armed a "
             "timer and been suspended. The loop waited for the earlier "
             "one: 1 s has passed."},
            {"World",
             "2 s, counted from the start: the two slept side by side."},
            {"finished",
             "The last child has ended, and the main task goes on in the "
             "same moment: 2 s, not 3."},
        },
};

}  // namespace rondo::observe::gallery

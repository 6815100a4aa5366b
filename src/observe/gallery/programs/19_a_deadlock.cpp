// What happens where two tasks wait for each other?
#include <rondo/async/yield.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/scope.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

task<> take(stage& s, mutex& first, mutex& second) {
  const auto one = co_await first.lock();
  s.say("has one lock");
  co_await yield_now();
  const auto two = co_await second.lock();
  s.say("has both");
}

task<> both(stage& s, mutex& a, mutex& b) {
  const auto body = [&](scope& two) -> task<> {
    two.spawn("left", take(s, a, b));
    two.spawn("right", take(s, b, a));
    co_return;
  };
  co_await with_scope(body);
}

void main_module(loop& l, stage& s) {
  mutex a, b;
  try {
    run(l, both(s, a, b));
  } catch (const error& e) {
    s.say(e.code() == errc::deadlock ? "deadlock" : "another error");
  }
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece a_deadlock;
const piece a_deadlock = {
    .title = "A deadlock",
    .question = "What happens where two tasks wait for each other?",
    .article = "Python、Node.js、Rust 事件循环底层原理与对比分析",
    .callbacks = &main_module,
    .story =
        {
            {"has one lock", "The first task takes lock a."},
            {"has one lock",
             "The second takes lock b. Each now asks for what the other "
             "holds, and both are suspended."},
            {"deadlock",
             "No timer, no operation, no handle: nothing could ever wake "
             "the two. So run cancels them, and throws an error that says "
             "so, instead of waiting for ever."},
        },
};

}  // namespace rondo::observe::gallery

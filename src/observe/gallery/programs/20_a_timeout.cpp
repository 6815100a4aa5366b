// What becomes of work that takes too long?
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

task<> work(stage& s) {
  try {
    co_await sleep_for(1h);
  } catch (const cancelled&) {
    s.say("the work is cancelled, and cleans up");
    throw;
  }
}

task<> amain(stage& s) {
  try {
    co_await with_timeout(1s, work(s));
  } catch (const error& e) {
    s.say(e.code() == errc::timed_out ? "timed out" : "another error");
  }
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece a_timeout;
const piece a_timeout = {
    .title = "Out of time",
    .question = "What becomes of work that takes too long?",
    .article = "Python、Node.js、Rust 事件循环底层原理与对比分析",
    .tasks = &amain,
    .story =
        {
            {"the work is cancelled, and cleans up",
             "The deadline was due before the sleep, and cancels what it "
             "is around: the sleep's timer is taken away, and its await "
             "throws."},
            {"timed out",
             "Only when the work has ended does the caller go on: nothing "
             "runs behind its back."},
        },
};

}  // namespace rondo::observe::gallery

// What does a mutex of tasks hold up?
#include <rondo/async/sleep.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/scope.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

task<> update(stage& s, mutex& m, int& value, int to) {
  const auto hold = co_await m.lock();
  s.say("has the lock, to write " + std::to_string(to));
  co_await sleep_for(10ms);  // with the lock held
  value = to;
}

task<> amain(stage& s) {
  mutex m;
  int value = 0;
  const auto body = [&](scope& both) -> task<> {
    both.spawn("ten", update(s, m, value, 10));
    both.spawn("twenty", update(s, m, value, 20));
    co_return;
  };
  co_await with_scope(body);
  s.say("the value is " + std::to_string(value));
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece one_after_the_other;
const piece one_after_the_other = {
    .title = "One after the other",
    .question = "What does a mutex of tasks hold up?",
    .article = "Python、Node.js、Rust 事件循环底层原理与对比分析",
    .tasks = &amain,
    .story =
        {
            {"has the lock, to write 10",
             "The first task takes the lock; the second one waits for it. "
             "Only the task waits: the thread is free."},
            {"has the lock, to write 20",
             "The unlock hands the lock over to who has waited longest."},
            {"the value is 20",
             "Who was last decides, and with a fair lock that is who asked "
             "last."},
        },
};

}  // namespace rondo::observe::gallery

// When does a coroutine go on behind its await?
#include <rondo/async/yield.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

task<> child(stage& s) {
  s.say("child begins");
  co_await yield_now();
  s.say("child goes on");
}

task<> amain(stage& s) {
  loop& l = co_await this_loop();
  l.next_tick(s.will_say("next tick"));
  l.queue_microtask(s.will_say("microtask"));
  s.say("before the await");
  co_await child(s);
  s.say("behind the await");
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece where_it_goes_on;
const piece where_it_goes_on = {
    .title = "An await takes no turn",
    .question = "When does a coroutine go on behind its await?",
    .article = "事件循环架构总览",
    .tasks = &amain,
    .story =
        {
            {"before the await",
             "The main task runs as a microtask of the loop."},
            {"child begins",
             "To await a task starts it in place: no queue, no turn, as if "
             "it were a function."},
            {"microtask",
             "yield_now has suspended the main task with its child, and "
             "lets the others run: first the microtasks that are queued."},
            {"next tick",
             "Then the tick, since both queues are emptied again and "
             "again."},
            {"child goes on",
             "yield_now waits until everybody else has had a turn, I/O "
             "included: the task goes on behind the check phase's "
             "immediates."},
            {"behind the await",
             "The child has ended, and hands over to who awaits it, in "
             "place."},
        },
};

}  // namespace rondo::observe::gallery

// What becomes of ticks and microtasks that queue each other?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  l.queue_microtask(s.will_say("microtask 1", [&] {
    l.next_tick(s.will_say("tick of microtask 1"));
  }));
  l.queue_microtask(s.will_say("microtask 2"));
  l.next_tick(s.will_say("tick 1", [&] {
    l.queue_microtask(s.will_say("microtask of tick 1"));
    l.next_tick(s.will_say("tick of tick 1"));
  }));
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece ticks_before_promises;
const piece ticks_before_promises = {
    .title = "Ticks, then promises",
    .question =
        "What becomes of ticks and microtasks that queue each other?",
    .article = "【譯】NodeJS事件循環Part 1",
    .callbacks = &main_module,
    .story =
        {
            {"tick 1",
             "All ticks run before the first microtask, though the "
             "microtasks were queued earlier."},
            {"tick of tick 1",
             "The queue of ticks is emptied, with those that ticks have "
             "queued."},
            {"microtask 1",
             "No tick is left: now the microtasks, first in, first out."},
            {"microtask 2",
             "A tick waits already, but the queue of microtasks is emptied "
             "first: in it, nobody looks at the ticks."},
            {"microtask of tick 1", "It was queued behind the two others."},
            {"tick of microtask 1",
             "Both queues are looked at again until both are empty."},
        },
};

}  // namespace rondo::observe::gallery

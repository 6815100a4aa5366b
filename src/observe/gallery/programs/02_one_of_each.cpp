// In which order do a tick, a promise, a timer and an immediate run?
#include <rondo/async/promise.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  s.say("1. main module begins");
  l.set_timeout(0ms, s.will_say("2. timeout"));
  l.set_immediate(s.will_say("3. immediate"));
  promise<>::resolved(l).then(s.will_say("4. promise"));
  l.next_tick(s.will_say("5. next tick"));
  s.say("6. main module ends");
  s.work_for(2ms);  // to start takes its time, too
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece one_of_each;
const piece one_of_each = {
    .title = "One of each",
    .question =
        "In which order do a tick, a promise, a timer and an immediate "
        "run?",
    .article = "事件循环架构总览",
    .callbacks = &main_module,
    .story =
        {
            {"1. main module begins", "First of all the main module."},
            {"6. main module ends",
             "Four callbacks wait in four different places, and none of "
             "them can run before the main module has returned."},
            {"5. next tick",
             "Behind every callback, the main module included, the next "
             "ticks come first, whatever was asked for before them."},
            {"4. promise",
             "Then the microtasks: the promise was settled already, so its "
             "reaction stood in the queue from the start."},
            {"2. timeout",
             "Only now does the loop turn. The main module took 2 ms, so "
             "the timer of 1 ms is due, and timers are the first phase."},
            {"3. immediate",
             "The check phase comes behind the poll phase, which has found "
             "no I/O and did not wait, because an immediate was there."},
        },
};

}  // namespace rondo::observe::gallery

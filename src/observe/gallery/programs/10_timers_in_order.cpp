// Whose timer is first?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  l.set_timeout(30ms, s.will_say("30 ms"));
  l.set_timeout(10ms, s.will_say("10 ms, made first"));
  l.set_timeout(20ms, s.will_say("20 ms", [&] { s.work_for(15ms); }));
  l.set_timeout(10ms, s.will_say("10 ms, made last"));
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece timers_in_order;
const piece timers_in_order = {
    .title = "Timers in their order",
    .question = "Whose timer is first?",
    .article = "事件循环架构总览",
    .callbacks = &main_module,
    .story =
        {
            {"10 ms, made first",
             "The loop slept in its poll phase until the earliest timer "
             "was due."},
            {"10 ms, made last",
             "Due at the same time: then the order of making decides."},
            {"20 ms", "Due next, and it takes 15 ms for its work."},
            {"30 ms",
             "It is called at 35 ms: a timer is never early, but a "
             "callback that takes long makes all that follow late."},
        },
};

}  // namespace rondo::observe::gallery

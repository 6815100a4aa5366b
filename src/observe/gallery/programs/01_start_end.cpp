// What does a timeout of 0 ms come after?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  s.say("start");
  l.set_timeout(0ms, s.will_say("timeout"));
  s.say("end");
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece start_end;
const piece start_end = {
    .title = "Zero is not at once",
    .question = "What does a timeout of 0 ms come after?",
    .article = "事件循环架构总览",
    .callbacks = &main_module,
    .story =
        {
            {"start",
             "The main module is the first callback of the program. It "
             "runs from its first line to its last; the loop has not begun "
             "to turn."},
            {"end",
             "set_timeout has only written down what to call, and when. "
             "The timer waits; nothing can interrupt the main module."},
            {"timeout",
             "Now the loop turns. 0 ms counts as 1 ms, as in Node: the "
             "first turn finds nothing due and waits in its poll phase, "
             "and the next one begins with the timers."},
        },
};

}  // namespace rondo::observe::gallery

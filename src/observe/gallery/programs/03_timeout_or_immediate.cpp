// Who is first, a timeout of 0 ms or an immediate?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  l.set_timeout(0ms, s.will_say("timeout"));
  l.set_immediate(s.will_say("immediate"));
  s.say("less than 1 ms has passed");
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece timeout_or_immediate;
const piece timeout_or_immediate = {
    .title = "Timeout or immediate?",
    .question = "Who is first, a timeout of 0 ms or an immediate?",
    .article = "Python、Node.js、Rust 事件循环底层原理与对比分析",
    .callbacks = &main_module,
    .story =
        {
            {"less than 1 ms has passed",
             "Both wait: the timer until 1 ms has passed, the immediate "
             "for the check phase of the first turn."},
            {"immediate",
             "The first turn begins at once. In its timers phase the timer "
             "is not due yet; so the check phase is first. Had the main "
             "module taken longer than 1 ms, the timer would have been: "
             "between these two the order is a race, and a program that "
             "depends on it is wrong."},
            {"timeout",
             "The poll phase of the second turn has waited until the timer "
             "is due."},
        },
};

}  // namespace rondo::observe::gallery

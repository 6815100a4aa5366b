// Why does a program with an interval end?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  const handle_id ticking = l.set_interval(10ms, s.will_say("interval"));
  l.unref(ticking);
  l.set_timeout(25ms, s.will_say("timeout"));
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece unref;
const piece unref = {
    .title = "What keeps a loop alive",
    .question = "Why does a program with an interval end?",
    .article = "事件循环架构总览",
    .callbacks = &main_module,
    .story =
        {
            {"interval", "Each 10 ms."},
            {"interval", "And again, at 20 ms."},
            {"timeout", "The last callback that keeps the loop alive."},
        },
    .ending =
        "The interval goes on, but was told not to keep the loop alive "
        "(unref). So the loop ends, as if it were not there.",
};

}  // namespace rondo::observe::gallery

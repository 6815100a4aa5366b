// What happens to a timer while a callback computes?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  l.set_timeout(10ms, s.will_say("timer of 10 ms"));
  l.set_immediate(
      s.will_say("computing for 50 ms", [&s] { s.work_for(50ms); }));
  l.set_immediate(s.will_say("the next immediate"));
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece a_call_that_blocks;
const piece a_call_that_blocks = {
    .title = "A call that blocks",
    .question = "What happens to a timer while a callback computes?",
    .article = "Event-based Concurrency",
    .callbacks = &main_module,
    .story =
        {
            {"computing for 50 ms",
             "One thread, one callback at a time: while this one computes, "
             "the loop does nothing else."},
            {"the next immediate",
             "50 ms later. Nobody could take the thread away from the "
             "callback before."},
            {"timer of 10 ms",
             "40 ms late. A server would not have answered anybody "
             "meanwhile: give such work to offload, or cut it into "
             "slices."},
        },
};

}  // namespace rondo::observe::gallery

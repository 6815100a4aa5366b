// Who is first inside a callback of I/O?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  const auto read = [&l, &s] {
    l.set_timeout(0ms, s.will_say("timeout"));
    l.set_immediate(s.will_say("immediate"));
    l.next_tick(s.will_say("next tick"));
    s.work_for(2ms);
  };
  l.queue_work([] { /* on a thread that may block */ },
               s.will_say("the file was read", read));
  s.say("reading");
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece after_io;
const piece after_io = {
    .title = "Behind I/O the check is nearer",
    .question = "Who is first inside a callback of I/O?",
    .article = "事件循环架构总览",
    .callbacks = &main_module,
    .story =
        {
            {"reading",
             "The main module asks for work on another thread, and "
             "returns. The loop waits in its poll phase until the thread "
             "is done."},
            {"the file was read",
             "The end of the work arrives as I/O does: in the poll phase."},
            {"next tick",
             "Behind the callback its next tick, before any phase goes "
             "on."},
            {"immediate",
             "The phase behind poll is check, always; so here an immediate "
             "is first, even though the timer has long been due."},
            {"timeout", "The next turn begins with the timers."},
        },
};

}  // namespace rondo::observe::gallery

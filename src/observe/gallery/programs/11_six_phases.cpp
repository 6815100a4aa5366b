// Who runs in which phase of a turn?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  l.call_on_close(s.will_say("6. close callback"));
  l.set_immediate(s.will_say("5. immediate"));
  l.post(s.will_say("4. what was posted"));
  static handle_id hook;
  hook =
      l.add_prepare(s.will_say("3. prepare hook", [&] { l.clear(hook); }));
  l.call_soon(s.will_say("2. pending callback"));
  l.set_timeout(1ms, s.will_say("1. timer"));
  s.work_for(1ms);
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece six_phases;
const piece six_phases = {
    .title = "Six phases",
    .question = "Who runs in which phase of a turn?",
    .article = "事件循环架构总览",
    .callbacks = &main_module,
    .story =
        {
            {"1. timer",
             "The main module asked for all of them in the opposite order, "
             "which does not matter: the phases decide."},
            {"2. pending callback",
             "Phase 2: callbacks that were put off to the next turn."},
            {"3. prepare hook",
             "Phase 3: hooks that run before the loop may wait."},
            {"4. what was posted",
             "Phase 4, poll: I/O that is ready, and what other threads "
             "have posted."},
            {"5. immediate", "Phase 5, check: behind the poll."},
            {"6. close callback",
             "Phase 6: the last that anybody hears of something closed."},
        },
};

}  // namespace rondo::observe::gallery

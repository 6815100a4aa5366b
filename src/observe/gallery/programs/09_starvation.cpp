// What waits while ticks queue ticks?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void again(loop& l, stage& s, int left) {
  s.work_for(1ms);
  if (left == 0) return;
  l.next_tick(s.will_say("tick, " + std::to_string(left) + " to come",
                         [&l, &s, left] { again(l, s, left - 1); }));
}

void main_module(loop& l, stage& s) {
  l.set_timeout(1ms, s.will_say("timeout of 1 ms"));
  again(l, s, 3);
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece starvation;
const piece starvation = {
    .title = "Ticks that starve a timer",
    .question = "What waits while ticks queue ticks?",
    .article = "【譯】NodeJS事件循環Part 1",
    .callbacks = &main_module,
    .story =
        {
            {"tick, 3 to come",
             "The main module took 1 ms: from here on the timer is due."},
            {"tick, 2 to come",
             "But each tick queues the next, and the loop does not turn "
             "before both queues are empty."},
            {"tick, 1 to come",
             "Had this no end, timers and I/O would never have their turn "
             "again. loop_options::tick_depth_limit reports it, and lets "
             "I/O in between."},
            {"timeout of 1 ms",
             "It was due at 1 ms, and now it is 4 ms: the first turn "
             "begins with it."},
        },
};

}  // namespace rondo::observe::gallery

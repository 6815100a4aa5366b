// How can long work let others in between?
#include <rondo/async/yield.hpp>

#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

task<> compute(stage& s) {
  for (int part = 1; part <= 3; ++part) {
    s.work_for(20ms);
    s.say("part " + std::to_string(part) + " of 3");
    co_await yield_now();
  }
}

task<> amain(stage& s) {
  loop& l = co_await this_loop();
  l.set_timeout(30ms, s.will_say("timer of 30 ms"));
  co_await compute(s);
  s.say("computed");
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece slices;
const piece slices = {
    .title = "Cut into slices",
    .question = "How can long work let others in between?",
    .article = "Event-based Concurrency",
    .tasks = &amain,
    .story =
        {
            {"part 1 of 3",
             "20 ms of work, and then an await that lets everybody else "
             "have a turn."},
            {"part 2 of 3", "The timer was not due in between."},
            {"timer of 30 ms", "Now it was: 10 ms late, and not 30."},
            {"part 3 of 3", "The work goes on where it was."},
            {"computed", "And is done."},
        },
};

}  // namespace rondo::observe::gallery

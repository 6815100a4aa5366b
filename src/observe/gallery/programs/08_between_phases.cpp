// When did that tick run in older Nodes, which the articles describe?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  for (int i = 1; i <= 3; ++i) {
    l.set_immediate(
        s.will_say("immediate " + std::to_string(i), [&l, &s, i] {
          if (i < 3)
            l.next_tick(s.will_say("tick of " + std::to_string(i)));
        }));
  }
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece between_phases;
const piece between_phases = {
    .title = "Between two phases",
    .question =
        "When did that tick run in older Nodes, which the articles "
        "describe?",
    .article = "【譯】NodeJS事件循環Part 1",
    .callbacks = &main_module,
    .story =
        {
            {"immediate 1",
             "The loop was made with drain::after_each_phase, as Node 10 "
             "and its elders were."},
            {"immediate 2",
             "The tick of the first immediate waits, because the phase is "
             "not over."},
            {"immediate 3", "The last of the phase."},
            {"tick of 1", "The phase is over, and now the ticks run."},
            {"tick of 2", "The queue is emptied before the next phase."},
        },
    .drain_queues = drain::after_each_phase,
};

}  // namespace rondo::observe::gallery

// When does a tick run that an immediate has queued?
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
extern const piece between_immediates;
const piece between_immediates = {
    .title = "Between two immediates",
    .question = "When does a tick run that an immediate has queued?",
    .article = "【譯】NodeJS事件循環Part 1",
    .callbacks = &main_module,
    .story =
        {
            {"immediate 1",
             "The check phase calls its immediates one after the other."},
            {"tick of 1",
             "Behind each of them the two queues are emptied. Node has "
             "done so since its version 11."},
            {"immediate 2", "The phase goes on where it was."},
            {"tick of 2", "The same again."},
            {"immediate 3", "The last one queues nothing."},
        },
};

}  // namespace rondo::observe::gallery

// Does one failing callback end the program?
#include "observe/gallery/stage.hpp"

namespace rondo::observe::gallery {

namespace {

void main_module(loop& l, stage& s) {
  l.on_uncaught(
      [&s](const std::exception_ptr&) { s.say("taken by on_uncaught"); });
  l.set_timeout(1ms, s.will_say("throws", [] {
    throw error(errc::busy, "a callback");
  }));
  l.set_timeout(1ms, s.will_say("the next timer"));
}

}  // namespace

// The story ---------------------------------------------------------------
extern const piece uncaught;
const piece uncaught = {
    .title = "What a callback throws",
    .question = "Does one failing callback end the program?",
    .article = "Event-based Concurrency",
    .callbacks = &main_module,
    .story =
        {
            {"throws",
             "What leaves this callback would end run, and with it the "
             "program."},
            {"taken by on_uncaught",
             "But somebody asked to be told of it."},
            {"the next timer",
             "And the loop goes on with the next callback."},
        },
};

}  // namespace rondo::observe::gallery

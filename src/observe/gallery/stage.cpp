// Marks. Each is also an event of the flight recorder, of no kind, so that its place among the
// others is known: clocks would not tell them apart.
#include "observe/gallery/stage.hpp"

#include <rondo/probe/track.hpp>

namespace rondo::observe::gallery {

void stage::note(mark::kind what, std::size_t callback, std::string text, int line) {
  if (loop_ == nullptr) return;
  loop_->track()->record(probe::event_kind::none, this);
  mark m;
  m.what = what;
  m.callback = callback;
  m.text = std::move(text);
  m.line = line;
  m.now = time_->now();
  if (what == mark::kind::said) m.queues = loop_->queues();
  marks_.push_back(std::move(m));
}

void stage::say(std::string text, site where) {
  note(mark::kind::said, 0, std::move(text), static_cast<int>(where.line()));
}

stage::ticket::ticket(stage& on, std::string text, site where)
    : on_(&on), number_(++on.tickets_), text_(std::move(text)), where_(where) {
  on_->note(mark::kind::made, number_, text_, static_cast<int>(where_.line()));
}

stage::ticket::~ticket() {
  if (on_ != nullptr) on_->note(mark::kind::gone, number_, {}, 0);
}

stage::call::call(ticket& of) : of_(&of) {
  of.on_->note(mark::kind::called, of.number_, of.text_, 0);
  of.on_->say(of.text_, of.where_);
}

stage::call::~call() {
  of_->on_->note(mark::kind::returned, of_->number_, {}, 0);
}

}  // namespace rondo::observe::gallery

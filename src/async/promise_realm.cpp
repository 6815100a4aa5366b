// What the promises of one loop share: the way into its microtasks, the rejections that nobody has
// heard of (as Node's processPromiseRejections treats them), and the end of the loop.
#include <rondo/async/promise_core.hpp>

namespace rondo::detail {

constinit const char promise_realm::key_ = 0;

promise_realm::promise_realm(loop& l) noexcept
    : loop_companion(&key_), loop_(&l), ready_(&l.ready_jobs()) {
  judge_.realm = this;
  judge_.run = [](job& j) { static_cast<judge_job&>(j).realm->judge(); };
}

promise_realm& promise_realm::make(loop& l) {
  auto* const made = new promise_realm(l);
  l.add_companion(*made);
  return *made;
}

/// A promise that goes may be the last owner of the next one, and so on along a chain of millions.
void promise_realm::bury(promise_core& dead) noexcept {
  if (burying_) {
    dead.next = grave_;
    grave_ = &dead;
    return;
  }
  burying_ = true;
  ++promises_;  // the realm must outlive the last of them here
  delete &dead;
  while (grave_ != nullptr) {
    promise_core* const p = grave_;
    grave_ = static_cast<promise_core*>(p->next);
    delete p;
  }
  burying_ = false;
  promise_gone();
}

void promise_realm::forsake(promise_core& p) noexcept {
  p.next = forsaken_;
  forsaken_ = &p;
  if (std::exchange(forsaking_, true)) return;
  ++promises_;
  while (forsaken_ != nullptr) {
    promise_core* const next = forsaken_;
    forsaken_ = static_cast<promise_core*>(next->next);
    next->drop_reactions();
    next->release();
  }
  forsaking_ = false;
  promise_gone();
}

bool promise_realm::discard(job& j) noexcept {
  if (j.run != &reaction::run_reaction) return false;
  drop_queued(static_cast<reaction&>(j));
  return true;
}

void promise_realm::drop_queued(reaction& r) noexcept {
  promise_core* const source = std::exchange(r.source_, nullptr);
  if (source != nullptr) source->release();
  r.drop();
}

void promise_realm::loop_ends() noexcept {
  loop_ = nullptr;
  ready_ = nullptr;
  on_unhandled = nullptr;
  on_late = nullptr;
  for (job_queue* const queue : {&unheard_, &late_}) {
    while (job* const j = queue->pop()) static_cast<promise_core&>(*j).release();
  }
  promise_gone();
}

void promise_realm::rejected_unheard(promise_core& p) noexcept {
  if (loop_ == nullptr) return;
  p.hold();
  unheard_.push(p);
  ask_for_judgement();
}

void promise_realm::heard_late(promise_core& p) noexcept {
  if (loop_ == nullptr || !p.reported_) return;
  p.hold();
  late_.push(p);
  ask_for_judgement();
}

void promise_realm::ask_for_judgement() noexcept {
  if (std::exchange(judging_, true)) return;
  loop_->schedule_when_drained(judge_);
}

/// First those that were heard late, also the ones that come meanwhile; then what is unheard by
/// now.
void promise_realm::judge() noexcept {
  judging_ = false;
  job_queue now;
  bool goes_on = true;
  while (job* const j = goes_on ? late_.pop() : nullptr) {
    goes_on = tell(static_cast<promise_core&>(*j), on_late);
  }
  now.append(unheard_);
  while (job* const j = goes_on ? now.pop() : nullptr) {
    auto& p = static_cast<promise_core&>(*j);
    if (p.heard_ || (p.broken_ && p.is_only_owner())) {
      p.release();
      continue;
    }
    p.reported_ = true;
    goes_on = tell(p, on_unhandled);
  }
  now.append(unheard_);
  unheard_.append(now);
  if (!unheard_.empty() || !late_.empty()) ask_for_judgement();
}

/// The hook gets it; without one, a rejection that nobody has handled is an uncaught exception.
/// False where that ends the loop's run: then the others wait for the next one.
bool promise_realm::tell(promise_core& p, rejection_hook& hook) noexcept {
  bool goes_on = true;
  try {
    if (hook) {
      hook(p);
    } else if (&hook == &on_unhandled) {
      goes_on = loop_->report_uncaught(p.reason_);
    }
  } catch (...) {
    goes_on = loop_->report_uncaught(std::current_exception());
  }
  p.release();
  return goes_on;
}

}  // namespace rondo::detail

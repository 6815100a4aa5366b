// What a promise does whatever its type: settle once, queue those who react, follow another promise
// with as many microtasks as ECMAScript takes for it, and go without recursion.
#include <unordered_set>

#include <rondo/async/promise_state.hpp>
#include <rondo/base/assert.hpp>
#include <rondo/base/error.hpp>

namespace rondo::detail {

namespace {

constexpr const char* chaining_cycle = "promise: chaining cycle: it would wait for itself";

std::exception_ptr failure(errc code, const char* text) noexcept {
  try {
    throw error(code, text);
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace

promise_core::~promise_core() {
  drop_reactions();
  realm_->promise_gone();
}

void promise_core::drop_reactions() noexcept {
  while (oldest_ != nullptr) {
    reaction& r = take(*oldest_);
    r.source_ = nullptr;
    r.drop();
  }
}

/// Out of the ring.
reaction& promise_core::take(reaction& r) noexcept {
  if (oldest_ == &r) oldest_ = r.newer_ == &r ? nullptr : r.newer_;
  r.newer_->older_ = r.older_;
  r.older_->newer_ = r.newer_;
  return r;
}

void promise_core::subscribe(reaction& r) noexcept {
  const bool heard_before = heard_;
  heard_ = true;
  r.source_ = this;
  if (is_pending()) {
    if (oldest_ == nullptr) {
      r.newer_ = &r;
      r.older_ = &r;
      oldest_ = &r;
    } else {
      r.newer_ = oldest_;
      r.older_ = oldest_->older_;
      oldest_->older_->newer_ = &r;
      oldest_->older_ = &r;
    }
    return;
  }
  if (!heard_before && status_ == status::rejected) realm_->heard_late(*this);
  pass_on(r);
}

void promise_core::unsubscribe(reaction& r) noexcept {
  take(r).source_ = nullptr;
}

/// To the microtasks, with an ownership of this.
void promise_core::pass_on(reaction& r) noexcept {
  hold();
  realm_->queue(r);
}

void promise_core::settle(status how) noexcept {
  RONDO_ASSERT(is_pending());
  status_ = how;
  while (oldest_ != nullptr) pass_on(take(*oldest_));
}

void promise_core::reject(std::exception_ptr why) noexcept {
  reason_ = std::move(why);
  settle(status::rejected);
  if (!heard_) realm_->rejected_unheard(*this);
}

/// ECMAScript's promise resolve function with a promise: one microtask to begin, one at the end.
/// There, promises that wait for each other over others wait for ever; here the last is rejected.
void promise_core::follow(promise_core& other) noexcept {
  if (would_wait_for_itself(other)) {
    other.release();
    reject(failure(errc::deadlock, chaining_cycle));
    return;
  }
  other.followed_ = true;
  source_ = &other;
  step_ = step::begins_to_follow;
  hold();
  realm_->queue(*this);
}

bool promise_core::waits_for(const promise_core& other) const noexcept {
  const promise_core* p = this;
  while (p != nullptr && p != &other && !p->combined_) p = p->source_;
  if (p == nullptr || p == &other) return p != nullptr;
  try {
    return p->waits_in_some_way_for(other);
  } catch (...) {  // no memory for the search: what waits for ever is a lesser evil
    return false;
  }
}

bool promise_core::waits_in_some_way_for(const promise_core& other) const {
  std::vector<const promise_core*> to_visit = {this};
  std::unordered_set<const promise_core*> combined_seen;
  while (!to_visit.empty()) {
    const promise_core* p = to_visit.back();
    to_visit.pop_back();
    while (p != nullptr && p != &other && !p->combined_) p = p->source_;
    if (p == &other) return true;
    if (p != nullptr && combined_seen.insert(p).second) p->add_inputs(to_visit);
  }
  return false;
}

void promise_core::follow_step() noexcept {
  promise_core& source = *source_;
  if (step_ == step::begins_to_follow) {
    step_ = step::follows;
    source.subscribe(*this);  // which takes over the queue's ownership of this
    source.release();
    return;
  }
  source_ = nullptr;
  if (source.status_ == status::fulfilled) {
    take_value(source);
  } else {
    reject(source.reason_);
  }
  source.release();
  release();
}

void promise_core::abandoned() noexcept {
  if (lock_in() && !(oldest_ == nullptr && is_only_owner())) {
    broken_ = true;
    reject(
        failure(errc::broken_promise,
                "promise: broken: its resolver is gone, and has neither resolved nor rejected it"));
  }
  release();
}

void throw_chaining_cycle() {
  throw error(errc::deadlock, chaining_cycle);
}

void throw_value_is_gone() {
  throw error(errc::invalid_argument,
              "promise: the value can't be copied, and another consumer has moved it out");
}

}  // namespace rondo::detail

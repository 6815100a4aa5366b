#pragma once

#include <utility>

namespace rondo {

/// Calls what `slot` holds, which may put something else into the slot meanwhile: the callable lies
/// on the stack for the time of the call and goes back afterwards, also after an exception.
template <class F, class... Args>
void call_from(F& slot, Args&&... args) {
  if (!slot) return;
  struct lender {
    F& slot;
    F running;
    ~lender() {
      if (!slot) slot = std::move(running);
    }
  } lent{slot, std::move(slot)};
  lent.running(std::forward<Args>(args)...);
}

/// Keeps something with a count of its users for the time of a block.
template <class State>
class user_of {
 public:
  explicit user_of(State& s) noexcept : state_(&s) { ++s.users; }
  user_of(const user_of&) = delete;
  ~user_of() { state_->leave(); }

 private:
  State* state_;
};

}  // namespace rondo

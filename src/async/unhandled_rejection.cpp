// The two hooks, on the realm that calls them.
#include <rondo/async/unhandled_rejection.hpp>

namespace rondo {

namespace {

using user_hook = unique_function<void(const rejected_promise&)>;

detail::promise_realm::rejection_hook hook_of(user_hook hook) {
  if (!hook) return {};
  return [hook = std::move(hook)](detail::promise_core& p) mutable { hook(rejected_promise(p)); };
}

}  // namespace

void on_unhandled_rejection(loop& l, user_hook hook) {
  detail::promise_realm::of(l).on_unhandled = hook_of(std::move(hook));
}

void on_rejection_handled(loop& l, user_hook hook) {
  detail::promise_realm::of(l).on_late = hook_of(std::move(hook));
}

}  // namespace rondo

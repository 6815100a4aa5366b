// An end goes: the other is told, and is the owner of what they shared from then on.
#include <rondo/sync/oneshot.hpp>

namespace rondo::detail {

bool oneshot_core::is_wanted() const noexcept {
  const wait_list::holding hold(receiving_);
  return !receiver_gone_;
}

bool oneshot_core::drop_sender() noexcept {
  waiter* receiver = nullptr;
  bool last = false;
  {
    const wait_list::holding hold(receiving_);
    sender_gone_ = true;
    last = receiver_gone_;
    receiver = receiving_.pop();
  }
  if (receiver != nullptr) receiver->resume_from_anywhere();
  return last;
}

bool oneshot_core::drop_receiver() noexcept {
  waiter* sender = nullptr;
  bool last = false;
  {
    const wait_list::holding hold(receiving_);
    receiver_gone_ = true;
    last = sender_gone_;
    sender = unwanted_.pop();
  }
  if (sender != nullptr) sender->resume_from_anywhere();
  return last;
}

}  // namespace rondo::detail

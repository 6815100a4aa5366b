// What closing does is the same for values of any type: everybody who waits is let go.
#include <rondo/base/error.hpp>
#include <rondo/sync/channel.hpp>

namespace rondo::detail {

void channel_core::close() noexcept {
  wait_list::granted all;
  {
    const wait_list::holding hold(senders_);
    closed_ = true;
    // Nobody's value has been taken, and nobody was given one: that is what tells them.
    senders_.pop_all(all);
    receivers_.pop_all(all);
  }
  all.resume_all();
}

bool channel_core::is_closed() const noexcept {
  const wait_list::holding hold(senders_);
  return closed_;
}

void channel_core::throw_closed() {
  throw error(errc::closed, "send: the channel is closed; the value is still the sender's");
}

}  // namespace rondo::detail

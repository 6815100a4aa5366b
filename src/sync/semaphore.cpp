// Serving those who wait for permits, when some are given back or when the one in front gives up.
#include <rondo/sync/semaphore.hpp>

namespace rondo {

void semaphore::serve(granted& served) noexcept {
  while (!empty()) {
    const auto& first = static_cast<const acquire_awaiter&>(front());
    if (first.count_ > available_) return;
    available_ -= first.count_;
    served.push(*pop());
  }
}

void semaphore::serve_those_behind(wait_list& self, granted& served) noexcept {
  static_cast<semaphore&>(self).serve(served);
}

}  // namespace rondo

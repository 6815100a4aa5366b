// Setting and resetting: the waits themselves are in the header.
#include <rondo/sync/event.hpp>

namespace rondo {

void event::set() noexcept {
  granted all;
  {
    const holding hold(*this);
    set_.store(true, std::memory_order_release);
    pop_all(all);
  }
  all.resume_all();
}

void event::reset() noexcept {
  const holding hold(*this);
  set_.store(false, std::memory_order_relaxed);
}

}  // namespace rondo

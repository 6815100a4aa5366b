// Who is let in when somebody leaves, or when a waiting writer gives up.
#include <rondo/sync/shared_mutex.hpp>

namespace rondo {

void shared_mutex::serve(granted& served) noexcept {
  while (!empty() && enter(static_cast<const request&>(front()).shared_)) served.push(*pop());
}

void shared_mutex::serve_those_behind(wait_list& self, granted& served) noexcept {
  static_cast<shared_mutex&>(self).serve(served);
}

bool shared_mutex::try_enter(bool shared) noexcept {
  const holding in(*this);
  return empty() && enter(shared);
}

void shared_mutex::release(bool shared) noexcept {
  granted served;
  {
    const holding in(*this);
    shared ? void(--readers_) : void(writes_ = false);
    serve(served);
  }
  served.resume_all();
}

}  // namespace rondo

// Who is let in when somebody leaves, or when a waiting writer gives up.
#include <rondo/sync/shared_mutex.hpp>

namespace rondo {

void shared_mutex::serve(granted& served) noexcept {
  while (!empty()) {
    auto& first = static_cast<request&>(front());
    if (!enter(first.shared_, &first.line())) return;
    served.push(*pop());
  }
}

void shared_mutex::serve_those_behind(wait_list& self, granted& served) noexcept {
  static_cast<shared_mutex&>(self).serve(served);
}

bool shared_mutex::try_enter(bool shared) noexcept {
  const holding in(*this);
  return empty() && enter(shared, nullptr);
}

void shared_mutex::release(bool shared) noexcept {
  granted served;
  {
    const holding in(*this);
    if (shared) {
      --readers_;
    } else {
      writes_ = false;
      if (const task_context* const line = std::exchange(writer_, nullptr)) line->tell_free(name());
    }
    serve(served);
  }
  served.resume_all();
}

}  // namespace rondo

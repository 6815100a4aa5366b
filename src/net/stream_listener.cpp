// Accepting. The hard part of it is running out of descriptors: see accept_backoff.hpp. Where the
// socket is shared with other processes, nothing may be accepted that nobody here has asked for, or
// it would be lost with this process: so there the backend only tells when a connection waits, and
// the call is made here.
#include <utility>

#include <rondo/net/stream_listener.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/socket.hpp>

namespace rondo {

void stream_listener::close() noexcept {
  if (fd_ < 0) return;
  const owned<socket_file> found_no_more = std::move(file_);
  // A backend may hold the descriptor a little longer: nobody shall be let in meanwhile. (But that
  // is the end of the socket for everybody who shares it.)
  if (!shared_) os::shutdown(fd_, os::direction::both);
  loop_->close(std::exchange(fd_, -1));
  while (accept_wait* const a = awaited_) {
    awaited_ = a->next_;
    a->listener_closes();
  }
}

void stream_listener::take(stream_listener& other) noexcept {
  loop_ = other.loop_;
  fd_ = std::exchange(other.fd_, -1);
  shared_ = other.shared_;
  pauses_ = other.pauses_;
  file_ = std::move(other.file_);
  awaited_ = std::exchange(other.awaited_, nullptr);
  for (accept_wait* a = awaited_; a != nullptr; a = a->next_) a->listener_ = this;
}

void stream_listener::forget(accept_wait& a) noexcept {
  accept_wait** link = &awaited_;
  while (*link != nullptr && *link != &a) link = &(*link)->next_;
  if (*link != nullptr) *link = a.next_;
}

// Accepting
// -----------------------------------------------------------------------------------------

accept_wait::accept_wait(stream_listener& from, site where) noexcept
    : io_awaiter(from.fd_, from.shared_ ? io::op_kind::readable : io::op_kind::accept, where),
      listener_(&from) {
  run = &step;
  pause_.run = &after_pause;
}

constexpr wait_kind accept_wait::kind_of_wait = {
    .wake =
        [](void* self, const cancel_cause&) noexcept {
          static_cast<accept_wait*>(static_cast<io_awaiter*>(self))->cancel();
        },
    .describe = &io_awaiter::describe,
};

bool accept_wait::start(task_context& context, std::coroutine_handle<> waiting) {
  pause_.owner = this;
  if (!listener_->is_open()) {  // it has no home, either
    adopt(context);
    result = context.cancel_pending() ? os::cancelled : os::bad_descriptor;
    return false;
  }
  if (!is_to_start(context, waiting, *listener_->loop_, kind_of_wait)) return false;
  next_ = std::exchange(listener_->awaited_, this);
  do {
    if (!again()) return true;
  } while (!settled() && !pause_.is_armed());
  return pause_.is_armed();
}

/// Takes note of an outcome. False where there is more to do: a pause, if that is armed, or to
/// accept again at once.
bool accept_wait::settled() {
  if (kind == io::op_kind::readable && result == 0) take_shared();
  if (result >= 0 || result == os::cancelled) return true;
  if (listener_ == nullptr || cancel_is_pending()) {
    result = os::cancelled;
    return true;
  }
  if (os::is_transient_accept_error(result) || result == os::would_block) return false;
  if (!os::is_exhaustion(result)) return true;
  ++listener_->pauses_;
  loop& l = loop_of(context());
  l.arm(pause_, l.now() + backoff_.next());
  return false;
}

/// A connection waits, if nobody else has taken it since.
void accept_wait::take_shared() noexcept {
  if (listener_ == nullptr) {
    result = os::cancelled;  // closed meanwhile: the number may be somebody else's
    return;
  }
  result = os::accept(fd, loop_of(context()).backend().wants_nonblocking());
}

void accept_wait::step(job& j) {
  auto& self = static_cast<accept_wait&>(static_cast<io::op&>(j));
  if (!self.is_with_line()) return;
  for (;;) {
    if (self.settled()) return self.go_on();
    if (self.pause_.is_armed() || !self.again()) return;
  }
}

void accept_wait::after_pause(job& j) {
  accept_wait& self = *static_cast<pause&>(j).owner;
  if (self.again()) step(self);
}

void accept_wait::cancel() noexcept {
  if (pause_.is_armed()) return end_pause();
  home().cancel(*this);
}

/// A pending accept is ended by the close itself, and must not come back here afterwards.
void accept_wait::listener_closes() noexcept {
  listener_ = nullptr;
  if (pause_.is_armed()) end_pause();
}

void accept_wait::end_pause() noexcept {
  loop& l = loop_of(context());
  l.disarm(pause_);
  result = os::cancelled;
  run = [](job& j) { static_cast<accept_wait&>(static_cast<io::op&>(j)).go_on(); };
  l.schedule(*this);
}

rondo::result<int> accept_wait::taken() {
  end_wait();
  if (listener_ != nullptr) listener_->forget(*this);
  if (result < 0) return std::unexpected(failure("accept on"));
  return result;
}

int accept_wait::taken_or_throw() {
  end_wait();
  if (listener_ != nullptr) listener_->forget(*this);
  if (result < 0) [[unlikely]]
    throw_failure("accept on");
  return result;
}

}  // namespace rondo

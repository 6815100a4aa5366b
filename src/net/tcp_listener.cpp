// Listening and accepting. The hard part of accept is running out of descriptors: see
// accept_backoff.hpp. Where the socket is shared with other processes, nothing may be accepted that
// nobody here has asked for, or it would be lost with this process: so there the backend only tells
// when a connection waits, and the call is made here.
#include <string>
#include <utility>

#include <rondo/net/tcp_listener.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/socket.hpp>

namespace rondo {

namespace {

/// 0 or a negated errno.
int prepare(int fd, const socket_address& address, const listen_options& options) noexcept {
  const bool v6 = address.is_v6();
  const std::pair<os::option, bool> wanted[] = {{os::option::reuse_address, options.reuse_address},
                                                {os::option::reuse_port, options.reuse_port},
                                                {os::option::no_delay, options.no_delay}};
  for (const auto& [name, on] : wanted) {
    const int outcome = on ? os::set_option(fd, name, 1) : 0;
    if (outcome < 0) return outcome;
  }
  if (v6) {
    const int outcome = os::set_option(fd, os::option::v6_only, options.v6_only ? 1 : 0);
    if (outcome < 0) return outcome;
  }
  const int bound = os::bind(fd, address);
  return bound < 0 ? bound : os::listen(fd, options.backlog);
}

}  // namespace

// The listener
// --------------------------------------------------------------------------------------

bind_awaiter tcp_listener::bind(std::string_view address, listen_options options) {
  return {socket_address::parse(address), options};
}

bind_awaiter tcp_listener::bind(socket_address address, listen_options options) {
  return {address, options};
}

tcp_listener bind_awaiter::await_resume() {
  if (!address_) throw std::move(address_).error();
  auto bound = tcp_listener::bind(*loop_, *address_, options_);
  if (!bound) throw std::move(bound).error();
  return std::move(*bound);
}

result<tcp_listener> tcp_listener::bind(loop& l, const socket_address& address,
                                        listen_options options) {
  const int opened = os::open_tcp_socket(address.is_v6(), l.backend().wants_nonblocking());
  if (opened < 0) return std::unexpected(os::make_error(opened, "socket", address.to_string()));
  os::fd socket(opened);
  const int outcome = prepare(socket.get(), address, options);
  if (outcome < 0)
    return std::unexpected(os::make_error(outcome, "listen on", address.to_string()));
  return tcp_listener(l, socket.release());
}

result<tcp_listener> tcp_listener::adopt(loop& l, os::fd descriptor) {
  const int fd = descriptor.get();
  if (const char* const why_not = os::why_not_listening(fd)) {
    return std::unexpected(os::make_error(errc::invalid_argument, "adopt a listener: descriptor",
                                          std::to_string(fd) + " " + why_not));
  }
  int outcome = os::set_option(fd, os::option::no_delay, 1);
  // On every backend: another process may be quicker, and accept would wait for one more.
  if (outcome >= 0) outcome = os::set_nonblocking(fd, true);
  if (outcome < 0)
    return std::unexpected(os::make_error(outcome, "adopt a listener", std::to_string(fd)));
  tcp_listener adopted(l, descriptor.release());
  adopted.shared_ = true;
  return adopted;
}

void tcp_listener::close() noexcept {
  if (fd_ < 0) return;
  // A backend may hold the descriptor a little longer: nobody shall be let in meanwhile. (But that
  // is the end of the socket for everybody who shares it.)
  if (!shared_) os::shutdown(fd_, os::direction::both);
  loop_->close(std::exchange(fd_, -1));
  while (accept_awaiter* const a = awaited_) {
    awaited_ = a->next_;
    a->listener_closes();
  }
}

void tcp_listener::take(tcp_listener& other) noexcept {
  loop_ = other.loop_;
  fd_ = std::exchange(other.fd_, -1);
  shared_ = other.shared_;
  pauses_ = other.pauses_;
  awaited_ = std::exchange(other.awaited_, nullptr);
  for (accept_awaiter* a = awaited_; a != nullptr; a = a->next_) a->listener_ = this;
}

void tcp_listener::forget(accept_awaiter& a) noexcept {
  accept_awaiter** link = &awaited_;
  while (*link != nullptr && *link != &a) link = &(*link)->next_;
  if (*link != nullptr) *link = a.next_;
}

result<socket_address> tcp_listener::local_address() const {
  socket_address address;
  const int outcome = os::local_address(fd_, address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "local address"));
  return address;
}

// Accepting
// -----------------------------------------------------------------------------------------

accept_awaiter::accept_awaiter(tcp_listener& from, site where) noexcept
    : io_awaiter(from.fd_, from.shared_ ? io::op_kind::readable : io::op_kind::accept, where),
      listener_(&from) {
  run = &step;
  pause_.run = &after_pause;
}

constexpr wait_kind accept_awaiter::kind_of_wait = {
    .wake =
        [](void* self, const cancel_cause&) noexcept {
          static_cast<accept_awaiter*>(static_cast<io_awaiter*>(self))->cancel();
        },
    .describe = &io_awaiter::describe,
};

bool accept_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
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
bool accept_awaiter::settled() {
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
void accept_awaiter::take_shared() noexcept {
  if (listener_ == nullptr) {
    result = os::cancelled;  // closed meanwhile: the number may be somebody else's
    return;
  }
  result = os::accept(fd, loop_of(context()).backend().wants_nonblocking());
}

void accept_awaiter::step(job& j) {
  auto& self = static_cast<accept_awaiter&>(static_cast<io::op&>(j));
  if (!self.is_with_line()) return;
  for (;;) {
    if (self.settled()) return self.go_on();
    if (self.pause_.is_armed() || !self.again()) return;
  }
}

void accept_awaiter::after_pause(job& j) {
  accept_awaiter& self = *static_cast<pause&>(j).owner;
  if (self.again()) step(self);
}

void accept_awaiter::cancel() noexcept {
  if (pause_.is_armed()) return end_pause();
  home().cancel(*this);
}

/// A pending accept is ended by the close itself, and must not come back here afterwards.
void accept_awaiter::listener_closes() noexcept {
  listener_ = nullptr;
  if (pause_.is_armed()) end_pause();
}

void accept_awaiter::end_pause() noexcept {
  loop& l = loop_of(context());
  l.disarm(pause_);
  result = os::cancelled;
  run = [](job& j) { static_cast<accept_awaiter&>(static_cast<io::op&>(j)).go_on(); };
  l.schedule(*this);
}

rondo::result<tcp_stream> accept_awaiter::finish() {
  end_wait();
  if (listener_ != nullptr) listener_->forget(*this);
  if (result < 0) return std::unexpected(failure("accept on"));
  return tcp_stream(result);
}

tcp_stream accept_awaiter::await_resume() {
  end_wait();
  if (listener_ != nullptr) listener_->forget(*this);
  if (result < 0) [[unlikely]]
    throw_failure("accept on");
  return tcp_stream(result);
}

}  // namespace rondo

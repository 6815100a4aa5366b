// Listening for callbacks: one accept operation that is asked again and again, and a timer for the
// pauses when descriptors run out.
#include <rondo/net/tcp_socket.hpp>
#include <rondo/os/errors.hpp>

#include <rondo/net/accept_backoff.hpp>
#include "net/call.hpp"

namespace rondo {

struct tcp_server::state {
  state(loop& on, tcp_listener bound, connection_callback f, const socket_options& how) noexcept
      : l(on), listener(std::move(bound)), on_connection(std::move(f)), options(how) {
    accepting.owner = this;
    accepting.kind = io::op_kind::accept;
    accepting.run = &has_accepted;
    pause.owner = this;
    pause.run = &after_pause;
    closer.owner = this;
    closer.run = &has_closed;
  }

  struct own_op : io::op {
    state* owner = nullptr;
  };
  struct own_timer : timer {
    state* owner = nullptr;
  };
  struct own_job : job {
    state* owner = nullptr;
  };

  void leave() noexcept {
    if (--users == 0) delete this;
  }

  void accept_next() noexcept;
  void close() noexcept;
  static void has_accepted(job& j);
  static void after_pause(job& j);
  static void has_closed(job& j);

  loop& l;
  tcp_listener listener;
  connection_callback on_connection;
  unique_function<void(const error&)> on_error;
  callback on_close;
  socket_options options;
  own_op accepting;
  own_timer pause;
  own_job closer;
  accept_backoff backoff;
  std::uint64_t pauses = 0;
  int users = 1;  // handles, the accept under way, blocks on the stack; and one until it is closed
  bool is_accepting = false;
  bool unreferenced = false;
};

void tcp_server::state::accept_next() noexcept {
  if (!listener.is_open() || is_accepting || pause.is_armed()) return;
  is_accepting = true;
  ++users;
  accepting.fd = listener.descriptor();
  accepting.unreferenced = unreferenced;
  if (l.start(accepting)) l.schedule_after_io(accepting);
}

void tcp_server::state::has_accepted(job& j) {
  state& s = *static_cast<own_op&>(static_cast<io::op&>(j)).owner;
  const user_of<state> alive(s);
  s.is_accepting = false;
  --s.users;
  const int result = s.accepting.result;
  if (!s.listener.is_open()) {
    if (result >= 0) s.l.close(result);
    return;
  }
  if (result < 0 && os::is_exhaustion(result)) {
    ++s.pauses;
    s.l.arm(s.pause, s.l.now() + s.backoff.next());
    return;
  }
  struct next {
    state& s;
    ~next() { s.accept_next(); }
  } const afterwards{s};
  if (result >= 0) {
    s.backoff.reset();
    return call_from(s.on_connection, tcp_socket(s.l, result, s.options));
  }
  if (result == os::cancelled || os::is_transient_accept_error(result)) return;
  s.close();
  if (!s.on_error) throw os::make_error(result, "accept");
  call_from(s.on_error, os::make_error(result, "accept"));
}

void tcp_server::state::after_pause(job& j) {
  static_cast<own_timer&>(j).owner->accept_next();
}

void tcp_server::state::close() noexcept {
  if (!listener.is_open()) return;
  listener.close();
  l.disarm(pause);
  l.schedule_close(closer);
}

void tcp_server::state::has_closed(job& j) {
  state& s = *static_cast<own_job&>(j).owner;
  struct drop {
    state& s;
    ~drop() {
      s.on_connection = nullptr;
      s.on_error = nullptr;
      s.on_close = nullptr;
      s.leave();
    }
  } const afterwards{s};
  call_from(s.on_close);
}

// The handle
// -----------------------------------------------------------------------------------------------

result<tcp_server> tcp_server::listen(loop& l, const socket_address& address, connection_callback f,
                                      server_options options) {
  auto bound = tcp_listener::bind(l, address, options);
  if (!bound) return std::unexpected(std::move(bound).error());
  tcp_server made(new state(l, std::move(*bound), std::move(f), options.sockets));
  made.state_->accept_next();
  return made;
}

tcp_server::tcp_server(state* s) noexcept : state_(s) {
  ++state_->users;
}

tcp_server::tcp_server(const tcp_server& other) noexcept : state_(other.state_) {
  if (state_ != nullptr) ++state_->users;
}

tcp_server::~tcp_server() {
  if (state_ != nullptr) state_->leave();
}

void tcp_server::on_error(unique_function<void(const error&)> f) {
  if (is_open()) state_->on_error = std::move(f);
}
void tcp_server::on_close(callback f) {
  if (is_open()) state_->on_close = std::move(f);
}

void tcp_server::close() noexcept {
  if (is_open()) state_->close();
}

bool tcp_server::is_open() const noexcept {
  return state_ != nullptr && state_->listener.is_open();
}

result<socket_address> tcp_server::local_address() const {
  if (!is_open()) return std::unexpected(os::make_error(errc::closed, "local address"));
  return state_->listener.local_address();
}

std::uint64_t tcp_server::pauses() const noexcept {
  return state_ != nullptr ? state_->pauses : 0;
}

void tcp_server::ref() noexcept {
  if (!is_open()) return;
  state_->unreferenced = false;
  if (state_->is_accepting) state_->l.ref(state_->accepting);
}
void tcp_server::unref() noexcept {
  if (!is_open()) return;
  state_->unreferenced = true;
  if (state_->is_accepting) state_->l.unref(state_->accepting);
}

}  // namespace rondo

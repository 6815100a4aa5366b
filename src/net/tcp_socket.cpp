// A connection for callbacks: two operations on the loop, one that reads and one that writes, in a
// state that outlives the handles until the backend has let go of both.
//
// The write operation exists only while the buffer is not empty, so interest in writing does, too.
// A new read is asked only after the callback has seen the bytes of the last one: `pause` inside
// the callback then costs nothing, and there is never more than one buffer lent.
#include <rondo/net/tcp_socket.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

#include <rondo/net/io_buffer.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/socket.hpp>

#include "net/call.hpp"

namespace rondo {

struct tcp_socket::state {
  state(loop& on, int descriptor, const socket_options& how) noexcept
      : l(on), fd(descriptor), options(how) {
    reading.owner = this;
    reading.kind = io::op_kind::receive_some;
    reading.run = &has_read;
    writing.owner = this;
    writing.run = &has_written;
    closer.owner = this;
    closer.run = &has_closed;
  }

  struct own_op : io::op {
    state* owner = nullptr;
  };
  struct own_job : job {
    state* owner = nullptr;
  };

  void leave() noexcept {
    if (--users == 0) delete this;
  }

  void read_next() noexcept;
  void flush() noexcept;
  void send_end() noexcept;
  void destroy() noexcept;
  void fail(int why, const char* what);
  void was_active();
  void set_referenced(bool on) noexcept;
  std::size_t buffered() const noexcept { return sending.size() - sent + queued.size(); }

  static void has_read(job& j);
  void take_bytes(io_buffer bytes);
  void take_end();
  static void has_written(job& j);
  void take_connection();
  static void has_closed(job& j);

  loop& l;
  int fd;
  int users = 1;  // handles, operations under way, blocks on the stack; and one until it is closed
  socket_options options;

  own_op reading;
  own_op writing;
  own_job closer;
  bool is_reading = false;  // `reading` is with the loop
  bool is_writing = false;
  bool connecting = false;
  bool paused = false;
  bool unreferenced = false;
  bool read_ended = false;
  bool ending = false;  // `end` was called
  bool write_ended = false;
  bool owes_drain = false;  // `write` has answered false

  std::vector<std::byte> sending;  // stays in place while `writing` is with the loop
  std::size_t sent = 0;            // of `sending`
  std::vector<std::byte> queued;   // behind that
  io_buffer kept;                  // arrived in spite of a pause
  socket_address peer;             // of a connect under way
  handle_id idle_timer;

  callback on_connect;
  unique_function<void(std::span<const std::byte>)> on_data;
  callback on_end;
  callback on_drain;
  unique_function<void(const error&)> on_error;
  callback on_close;
  callback on_idle;
};

// Reading
// -----------------------------------------------------------------------------------------------

/// Asks for bytes, where they are wanted and not asked for yet.
void tcp_socket::state::read_next() noexcept {
  if (fd < 0 || is_reading || paused || read_ended || connecting || !on_data) return;
  is_reading = true;
  ++users;
  if (!kept.empty()) {
    l.schedule(reading);
    return;
  }
  reading.fd = fd;
  reading.unreferenced = unreferenced;
  // What is there at once waits for its turn: a peer that never pauses must not starve the others.
  if (l.start(reading)) l.schedule_after_io(reading);
}

void tcp_socket::state::has_read(job& j) {
  state& s = *static_cast<own_op&>(static_cast<io::op&>(j)).owner;
  const user_of<state> alive(s);
  s.is_reading = false;
  --s.users;  // the operation's own
  const int result = s.kept.empty() ? s.reading.result : static_cast<int>(s.kept.size());
  io_buffer bytes = std::move(s.kept);
  if (const auto lent = std::exchange(s.reading.buffer, io::op::no_buffer);
      lent != io::op::no_buffer) {
    bytes = io_buffer(s.l, lent, s.reading.data, static_cast<std::uint32_t>(result));
  }
  if (s.fd < 0) return;
  struct next {
    state& s;
    ~next() { s.read_next(); }
  } const afterwards{s};  // whatever the callbacks throw
  if (result > 0) {
    s.take_bytes(std::move(bytes));
  } else if (result == 0) {
    s.take_end();
  } else if (result != os::cancelled) {  // by a pause
    s.fail(result, "read");
  }
}

void tcp_socket::state::take_bytes(io_buffer bytes) {
  was_active();
  if (!paused) return call_from(on_data, bytes.bytes());
  // A copy, since a socket may stay paused for long, and lent buffers are few.
  auto* const block = new std::byte[bytes.size()];
  std::memcpy(block, bytes.data(), bytes.size());
  kept = io_buffer(block, block, static_cast<std::uint32_t>(bytes.size()));
}

void tcp_socket::state::take_end() {
  read_ended = true;
  struct both {
    state& s;
    ~both() {
      if (s.write_ended) s.destroy();
      if (s.options.allow_half_open) return;
      s.ending = true;
      s.flush();
    }
  } const afterwards{*this};
  call_from(on_end);
}

// Writing
// -----------------------------------------------------------------------------------------------

/// Sends what is buffered as far as it goes without waiting, and then has the loop wait.
void tcp_socket::state::flush() noexcept {
  constexpr std::size_t kept_capacity = 4096;
  while (fd >= 0 && !is_writing && !connecting) {
    if (sent == sending.size()) {
      sending.clear();
      sent = 0;
      if (queued.empty()) {
        if (sending.capacity() > kept_capacity) std::vector<std::byte>().swap(sending);
        if (queued.capacity() > kept_capacity) std::vector<std::byte>().swap(queued);
        if (ending && !write_ended) send_end();
        return;
      }
      sending.swap(queued);
    }
    writing.kind = io::op_kind::send;
    writing.fd = fd;
    writing.unreferenced = unreferenced;
    writing.data = sending.data() + sent;
    writing.size =
        static_cast<std::uint32_t>(std::min<std::size_t>(sending.size() - sent, 1 << 30));
    is_writing = true;
    ++users;
    if (!l.start(writing)) return;
    if (writing.result < 0) return l.schedule(writing);  // told by the loop, not from in here
    is_writing = false;
    --users;  // not the last: whoever called is another
    sent += static_cast<std::size_t>(writing.result);
  }
}

void tcp_socket::state::send_end() noexcept {
  write_ended = true;
  os::shutdown(fd, os::direction::write);
  if (read_ended) destroy();
}

void tcp_socket::state::has_written(job& j) {
  state& s = *static_cast<own_op&>(static_cast<io::op&>(j)).owner;
  const user_of<state> alive(s);
  s.is_writing = false;
  --s.users;
  const int result = s.writing.result;
  if (s.fd < 0) return;
  if (result < 0) return s.fail(result, s.connecting ? "connect" : "write");
  s.was_active();
  if (s.connecting) return s.take_connection();
  s.sent += static_cast<std::size_t>(result);
  s.flush();
  if (s.fd >= 0 && s.owes_drain && s.buffered() <= s.options.low_water) {
    s.owes_drain = false;
    call_from(s.on_drain);
  }
}

void tcp_socket::state::take_connection() {
  connecting = false;
  struct begin {
    state& s;
    ~begin() {
      s.flush();
      s.read_next();
    }
  } const afterwards{*this};
  call_from(on_connect);
}

// Ending
// -----------------------------------------------------------------------------------------------

void tcp_socket::state::destroy() noexcept {
  if (fd < 0) return;
  l.close(std::exchange(fd, -1));
  l.clear(idle_timer);
  queued.clear();
  l.schedule_close(closer);
}

void tcp_socket::state::fail(int why, const char* what) {
  error e = os::make_error(why, what, connecting ? peer.to_string() : std::string());
  destroy();
  if (!on_error) throw error(std::move(e));
  call_from(on_error, e);
}

/// Callbacks may hold handles of their own socket: dropping them breaks the circle.
void tcp_socket::state::has_closed(job& j) {
  state& s = *static_cast<own_job&>(j).owner;
  struct drop {
    state& s;
    ~drop() {
      for (callback* f : {&s.on_connect, &s.on_end, &s.on_drain, &s.on_close, &s.on_idle}) {
        *f = nullptr;
      }
      s.on_data = nullptr;
      s.on_error = nullptr;
      s.leave();
    }
  } const afterwards{s};
  call_from(s.on_close);
}

void tcp_socket::state::was_active() {
  if (l.is_active(idle_timer)) l.refresh(idle_timer);
}

void tcp_socket::state::set_referenced(bool on) noexcept {
  if (unreferenced == !on) return;
  unreferenced = !on;
  if (is_reading) on ? l.ref(reading) : l.unref(reading);
  if (is_writing) on ? l.ref(writing) : l.unref(writing);
}

// The handle
// -----------------------------------------------------------------------------------------------

tcp_socket::tcp_socket(loop& l, int descriptor, socket_options options)
    : state_(new state(l, descriptor, options)) {
  ++state_->users;
}

tcp_socket tcp_socket::connect(loop& l, const socket_address& to, socket_options options) {
  const int fd = os::open_tcp_socket(to.is_v6(), l.backend().wants_nonblocking());
  if (fd < 0) throw os::make_error(fd, "socket", to.to_string());
  if (options.no_delay) os::set_option(fd, os::option::no_delay, 1);
  tcp_socket made(l, fd, options);
  state& s = *made.state_;
  s.peer = to;
  s.connecting = true;
  s.writing.kind = io::op_kind::connect;
  s.writing.fd = fd;
  s.writing.data = s.peer.data();
  s.writing.size = s.peer.size();
  s.is_writing = true;
  ++s.users;
  if (l.start(s.writing)) l.schedule(s.writing);
  return made;
}

tcp_socket::tcp_socket(const tcp_socket& other) noexcept : state_(other.state_) {
  if (state_ != nullptr) ++state_->users;
}

tcp_socket::~tcp_socket() {
  if (state_ != nullptr) state_->leave();
}

void tcp_socket::on_connect(callback f) {
  if (is_open()) state_->on_connect = std::move(f);
}

void tcp_socket::on_data(unique_function<void(std::span<const std::byte>)> f) {
  if (!is_open()) return;
  state_->on_data = std::move(f);
  state_->read_next();
}

void tcp_socket::on_end(callback f) {
  if (is_open()) state_->on_end = std::move(f);
}

void tcp_socket::on_drain(callback f) {
  if (is_open()) state_->on_drain = std::move(f);
}

void tcp_socket::on_error(unique_function<void(const error&)> f) {
  if (is_open()) state_->on_error = std::move(f);
}

void tcp_socket::on_close(callback f) {
  if (is_open()) state_->on_close = std::move(f);
}

void tcp_socket::set_timeout(duration idle, callback f) {
  if (!is_open()) return;
  state& s = *state_;
  s.l.clear(s.idle_timer);
  s.on_idle = std::move(f);
  s.idle_timer = s.l.set_timeout(idle, [&s] {
    const user_of<state> alive(s);
    call_from(s.on_idle);
  });
  s.l.unref(s.idle_timer);
}

bool tcp_socket::write(std::span<const std::byte> bytes) {
  if (!is_open() || state_->ending) return false;
  state& s = *state_;
  s.queued.insert(s.queued.end(), bytes.begin(), bytes.end());
  s.flush();
  if (s.buffered() < s.options.high_water) return true;
  s.owes_drain = true;
  return false;
}

std::size_t tcp_socket::buffered() const noexcept {
  return is_open() ? state_->buffered() : 0;
}

void tcp_socket::end() noexcept {
  if (!is_open()) return;
  state_->ending = true;
  state_->flush();
}

void tcp_socket::destroy() noexcept {
  if (is_open()) state_->destroy();
}

void tcp_socket::pause() noexcept {
  if (!is_open()) return;
  state_->paused = true;
  if (state_->is_reading) state_->l.cancel(state_->reading);
}

void tcp_socket::resume() noexcept {
  if (!is_open()) return;
  state_->paused = false;
  state_->read_next();
}

bool tcp_socket::is_paused() const noexcept {
  return is_open() && state_->paused;
}

void tcp_socket::ref() noexcept {
  if (is_open()) state_->set_referenced(true);
}
void tcp_socket::unref() noexcept {
  if (is_open()) state_->set_referenced(false);
}

bool tcp_socket::is_open() const noexcept {
  return state_ != nullptr && state_->fd >= 0;
}
int tcp_socket::descriptor() const noexcept {
  return is_open() ? state_->fd : -1;
}

result<socket_address> tcp_socket::local_address() const {
  socket_address address;
  const int outcome = os::local_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "local address"));
  return address;
}

result<socket_address> tcp_socket::remote_address() const {
  socket_address address;
  const int outcome = os::remote_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "remote address"));
  return address;
}

}  // namespace rondo

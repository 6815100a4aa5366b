// One client as a state machine: read, answer what can be answered at once, write, read again.
// Where a handler needs time, or a body has to be read, a task takes over (conversation.cpp) and
// gives back.
#include "http/connection.hpp"

#include <utility>

#include <rondo/os/errors.hpp>

namespace rondo::http {

namespace {

/// Answers are collected up to here before they are sent, where a client sends many requests at
/// once.
constexpr std::size_t out_limit = 256 * 1024;

template <void (connection::*Step)()>
void step(job& j) {
  (static_cast<connection&>(static_cast<io::op&>(j)).*Step)();
}

}  // namespace

static_assert(sizeof(connection) <= 160);  // what server.hpp promises of one that waits

connection::connection(server::state& s, tcp_stream accepted, bool layered) noexcept
    : server_(s), stream_(std::move(accepted)), layered_(layered) {
  stream_.settle(s.l);
  fd = stream_.descriptor();
  s.connection_comes();
}

connection::~connection() {
  release_work();
  stream_.close();
  unlink();
  server_.connection_gone();
}

void connection::close() noexcept {
  if (closed_) return;
  closed_ = true;
  unlink();
  stream_.close();
  // With an operation in flight, or a task at work, its end meets `closed_` and deletes.
  if (!conversing_ && at == stage::idle) die();
}

void connection::wait_in(waiting what) noexcept {
  waits_for_ = what;
  waits_since_ = server_.l.now();
  unlink();
  server_.lists[static_cast<int>(what)].push_back(*this);
}

void connection::expire() {
  const bool reading = waits_for_ == waiting::idle || waits_for_ == waiting::head;
  if (!reading || conversing_ || at == stage::idle) return close();
  // The read in flight is cancelled; what follows is decided when it ends. A request may have come
  // at the last moment: it is served.
  wait_in(waiting::transfer);
  timed_out_ = true;
  server_.l.cancel(*this);
}

// Reading
// -------------------------------------------------------------------------------------------

void connection::read() {
  // The time of a head runs from its first byte, however slowly the others drip in.
  const bool same_head = partial_ && is_linked() && waits_for_ == waiting::head;
  if (!same_head) wait_in(partial_ ? waiting::head : waiting::idle);
  kind = io::op_kind::receive_some;
  run = &step<&connection::received>;
  // Bytes that are there already wait for the next turn: a client that never pauses must not keep
  // the others from being served.
  if (server_.l.start(*this)) {
    at = stage::finished;
    server_.l.schedule_after_io(*this);
  }
}

void connection::received() {
  at = stage::idle;
  if (closed_ || result <= 0) {
    if (buffer != no_buffer) server_.l.backend().give_back(buffer);
    if (timed_out_ && !closed_ && result == os::cancelled) {
      if (!partial_) return linger();
      work_ = &server_.take_workspace();
      return refuse(parse_error::request_timeout);
    }
    closed_ = true;
    die();
    return;
  }
  if (!partial_) timed_out_ = false;  // idle no more, just in time
  work_ = &server_.take_workspace();
  workspace& w = *work_;
  w.input = io_buffer(server_.l, buffer, data, static_cast<std::uint32_t>(result));
  w.rest = w.input.text();
  if (layered_) [[unlikely]]
    return received_wire();
  if (partial_) {
    w.gathered = std::move(*partial_);
    partial_.reset();
    w.gathered.append(w.rest);
    w.input.reset();
    w.rest = w.gathered;
  }
  serve();
}

/// Answers the requests that have arrived completely.
void connection::serve() {
  workspace& w = *work_;
  for (;;) {
    const head_result found = parser_.parse(w.rest, server_.options.limits, w.head);
    if (found.failed()) return refuse(found.error);
    if (!found.complete()) {
      if (timed_out_) return refuse(parse_error::request_timeout);
      keep_rest();
      break;
    }
    timed_out_ = false;  // the last byte came just in time
    w.rest.remove_prefix(found.consumed);
    unlink();
    if (!answer_one()) return;
    if (is_last() || w.rest.empty()) break;
    if (w.out.size() > out_limit) {
      keep_rest();
      more_ = true;
      break;
    }
  }
  if (!w.out.empty()) return write();
  release_work();
  read();
}

/// Hands one request to the handler. False where a task has taken over.
[[gnu::always_inline]] inline bool connection::answer_one() {
  workspace& w = *work_;
  ++server_.requests;
  if (server_counters* const c = server_.options.counters) {
    c->requests.fetch_add(1, std::memory_order_relaxed);
  }
  if (!w.head.keep_alive()) last_ = true;
  if (server_.options.on_access) w.began = server_.l.now();
  w.current.open(*this);
  task<> more;
  try {
    more = std::move(server_.answers.handle(w.current).work());
  } catch (...) {
    failed(std::current_exception());
  }
  const bool at_once = !more && w.current.ended() && w.head.framing() == body_framing::none;
  if (!at_once) {
    converse_with(std::move(more));
    return false;
  }
  report();
  return true;
}

/// A request that is none: says why, once all answers before it are sent, and ends.
void connection::refuse(parse_error why) {
  last_ = true;
  work_->head = request_head();
  work_->current.refuse(*this, why);
  if (server_.options.on_access) {
    call_hook([&] { server_.options.on_access({work_->current, duration(), why}); });
  }
  write();
}

void connection::failed(std::exception_ptr thrown) {
  exchange& x = work_->current;
  if (server_.options.on_error) call_hook([&] { server_.options.on_error(x, thrown); });
  if (x.answered()) {
    last_ = true;
    x.stage_ = exchange::stage::complete;  // without an end that would make it look whole
  } else {
    x.respond(500, "text/plain; charset=utf-8", "500 Internal Server Error\n");
  }
}

void connection::report() {
  if (!server_.options.on_access) return;
  call_hook([&] {
    server_.options.on_access({work_->current, server_.l.now() - work_->began, parse_error::none});
  });
}

/// What a hook throws is the program's mistake: the loop reports it, and no client suffers.
template <class Hook>
void connection::call_hook(Hook hook) {
  try {
    hook();
  } catch (...) {
    server_.l.queue_microtask(
        [thrown = std::current_exception()] { std::rethrow_exception(thrown); });
  }
}

/// The head that has not arrived completely outlives the workspace.
void connection::keep_rest() {
  if (work_->rest.empty()) return;
  partial_ = std::make_unique<std::string>(work_->rest);
  work_->rest = {};
}

// Writing
// -------------------------------------------------------------------------------------------

void connection::write() {
  workspace& w = *work_;
  w.input.reset();  // the answers are made: others may use the buffer
  kind = io::op_kind::send;
  run = &step<&connection::written>;
  w.sent = 0;
  if (layered_) [[unlikely]] {
    if (peer_ended_ && !more_) last_ = true;
    if (!encode_out(last_)) closed_ = true;
    if (closed_ || w.out.empty()) return after_answers();
  }
  send_rest();
}

// From here to `read` goes the way of nearly every answer, in one function.
inline void connection::send_rest() {
  workspace& w = *work_;
  for (;;) {
    data = w.out.data() + w.sent;
    size = static_cast<std::uint32_t>(w.out.size() - w.sent);
    if (!server_.l.start(*this)) return wait_in(waiting::transfer);
    if (note_sent()) return after_answers();
  }
}

void connection::written() {
  at = stage::idle;
  if (note_sent()) return after_answers();
  send_rest();
}

/// True where nothing is left to be sent, or nobody is left to take it.
inline bool connection::note_sent() noexcept {
  if (closed_ || result < 0) {
    closed_ = true;
    return true;
  }
  work_->sent += static_cast<std::size_t>(result);
  return work_->sent == work_->out.size();
}

[[gnu::always_inline]] inline void connection::after_answers() {
  unlink();
  if (closed_) {
    die();
    return;
  }
  if (last_) {
    release_work();
    return linger();
  }
  if (!more_) {
    release_work();
    return read();
  }
  wait_in(waiting::transfer);
  run = &step<&connection::go_on>;
  at = stage::finished;
  server_.l.schedule_after_io(*this);
}

/// The requests that had arrived while there was too much to send; in a turn of their own, since
/// they may be many.
void connection::go_on() {
  at = stage::idle;
  if (closed_) {
    die();
    return;
  }
  more_ = false;
  workspace& w = *work_;
  w.out.clear();
  w.gathered = std::move(*partial_);
  partial_.reset();
  w.rest = w.gathered;
  serve();
}

void connection::release_work() noexcept {
  if (work_ != nullptr) server_.give_back(*std::exchange(work_, nullptr));
}

// Closing
// -------------------------------------------------------------------------------------------

/// Closing with unread bytes in the kernel makes it send a reset, and a reset may overtake the
/// answer (RFC 9112, section 9.6). So: end our direction, and read until the client has ended its
/// own.
void connection::linger() {
  if (says_end()) return;
  if (!stream_.shutdown()) {
    closed_ = true;
    die();
    return;
  }
  wait_in(waiting::linger);
  kind = io::op_kind::receive_some;
  run = &step<&connection::lingered>;
  if (server_.l.start(*this)) {
    at = stage::finished;
    server_.l.schedule_after_io(*this);
  }
}

void connection::lingered() {
  at = stage::idle;
  if (buffer != no_buffer) server_.l.backend().give_back(buffer);
  if (closed_ || result <= 0) {
    closed_ = true;
    die();
    return;
  }
  if (server_.l.start(*this)) {
    at = stage::finished;
    server_.l.schedule_after_io(*this);
  }
}

}  // namespace rondo::http

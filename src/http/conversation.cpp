// The slow half of a connection: a task that awaits the handler, the body, the client's reading. It
// owns the stream while it runs, and hands it back to the state machine in connection.cpp.
#include <stdexcept>
#include <utility>

#include <rondo/http/status.hpp>

#include "http/connection.hpp"

namespace rondo::http {

namespace {

/// What is left of a body that the handler did not want is read up to here; beyond it, closing is
/// cheaper than reading.
constexpr std::uint64_t drain_limit = 256 * 1024;

}  // namespace

void connection::converse_with(task<> work) {
  if (server_.conversations == nullptr) return close();  // `serve` is over
  conversing_ = true;
  if (!server_.options.on_access) work_->began = server_.l.now();
  stop_waiting();
  server_.conversations->spawn("http request", converse(std::move(work)));
}

task<> connection::converse(task<> work) {
  bool gone = false;
  bool stopped = false;
  cancel_cause stopped_by;
  try {
    if (work) co_await std::move(work);
    if (!work_->current.answered()) {
      throw std::logic_error("the handler has not answered");
    }
  } catch (const cancelled& c) {
    stopped_by = c.cause();
    gone = stopped = true;
  } catch (...) {
    gone = closed_;
    if (!gone) failed(std::current_exception());
  }
  if (!gone) {
    report();
    try {
      co_await work_->current.finish();
      co_await flush();
    } catch (const cancelled& c) {
      stopped_by = c.cause();
      gone = stopped = true;
    } catch (const error&) {
      last_ = true;  // the client left, was too slow, or broke the framing of its body
    }
  }
  conversing_ = false;
  unlink();
  if (gone || closed_) {
    die();
    if (stopped) throw cancelled(std::move(stopped_by));
    co_return;
  }
  if (peer_ended_ && work_->rest.empty()) last_ = true;
  if (last_) {
    release_work();
    linger();
  } else if (work_->rest.empty()) {
    release_work();
    read();
  } else {
    keep_input_of_rest();
    serve();
  }
}

/// The next request came along with the end of a body: its head must outlive its own body's pieces.
void connection::keep_input_of_rest() {
  workspace& w = *work_;
  if (!w.body_input.empty()) w.input = std::move(w.body_input);
  if (w.decoded.empty()) return;
  w.gathered.assign(w.rest);
  w.decoded.clear();
  w.rest = w.gathered;
}

/// Sends what was collected.
task<> connection::flush() {
  workspace& w = *work_;
  if (w.out.empty()) co_return;
  if (layered_ && !encode_out(false)) throw error(errc::closed, "write: the layer has failed");
  wait_in(waiting::transfer);
  co_await stream_.write_all(w.out);
  stop_waiting();
  w.out.clear();
}

// Bodies
// --------------------------------------------------------------------------------------------

task<std::string_view> exchange::read_body() {
  connection& c = *connection_;
  workspace& w = c.work();
  if (!w.body) {
    w.body.emplace(w.head);
    w.body_began = c.shared().l.now();
  }
  if (!continued_) {
    continued_ = true;
    if (w.rest.empty() && !w.body->done() && stage_ == stage::unanswered) {
      w.out.append("HTTP/1.1 100 Continue\r\n\r\n");
      co_await c.flush();
    }
  }
  while (!w.body->done()) {
    if (w.rest.empty()) {
      // However steadily it drips. Looked at piece by piece, so late by a transfer's limit at most.
      if (c.shared().l.now() - w.body_began >= c.shared().options.body_timeout) {
        c.make_last();
        if (stage_ == stage::unanswered) refuse(c, parse_error::request_timeout);
        throw error(errc::timed_out, "read_body: the whole body took the client too long");
      }
      c.wait_in(waiting::transfer);
      bool decoded = false;
      while (!decoded) {
        w.body_input.reset();
        w.body_input = co_await c.stream().read_some();
        w.rest = w.body_input.text();
        decoded = c.decode_body();
      }
      c.stop_waiting();
      if (w.rest.empty()) {
        c.make_last();
        if (stage_ == stage::unanswered) refuse(c, parse_error::incomplete_body);
        throw error(errc::end_of_stream, "read_body: the client left before the end of the body");
      }
    }
    const body_piece piece = w.body->decode(w.rest, c.shared().options.limits);
    if (piece.error != parse_error::none) {
      c.make_last();
      if (stage_ == stage::unanswered) refuse(c, piece.error);
      throw error(errc::protocol, "read_body: " + std::string(describe(piece.error)));
    }
    w.rest.remove_prefix(piece.consumed);
    if (!piece.data.empty()) co_return piece.data;
  }
  co_return std::string_view();
}

task<std::string> exchange::whole_body() {
  std::string all;
  for (;;) {
    const std::string_view piece = co_await read_body();
    if (piece.empty()) co_return all;
    all.append(piece);
  }
}

// Answers in pieces
// ---------------------------------------------------------------------------------

task<> exchange::write(std::string_view bytes) {
  put_piece(bytes);
  if (connection_->work().out.size() >= 64 * 1024) co_await connection_->flush();
}

RONDO_COROUTINE_WRAPPER task<> exchange::flush() {
  return connection_->flush();
}

/// After the handler: what it began is ended, and what it did not read is read or cut off.
task<> exchange::finish() {
  connection& c = *connection_;
  workspace& w = c.work();
  switch (stage_) {
    case stage::unanswered:  // not met: see connection::converse
    case stage::chunked:
      w.out.append("0\r\n\r\n");
      break;
    case stage::sized:  // fewer bytes than announced: only the end of the connection can tell
    case stage::until_close:
      c.make_last();
      break;
    case stage::complete:
      break;
  }
  stage_ = stage::complete;
  if (c.is_last()) co_return;
  const bool waits_to_go_on = !continued_ && w.rest.empty();
  if (w.head.framing() != body_framing::none && waits_to_go_on && w.head.expects_continue()) {
    c.make_last();  // the client may or may not send the body now: no telling where it ends
    co_return;
  }
  continued_ = true;
  std::uint64_t dropped = 0;
  if (w.head.framing() == body_framing::none) co_return;
  co_await c.flush();  // the client may wait for the answer before it sends on
  while (dropped <= drain_limit) {
    const std::string_view piece = co_await read_body();
    if (piece.empty()) co_return;
    dropped += piece.size();
  }
  c.make_last();
}

}  // namespace rondo::http

#pragma once

#include <memory>
#include <string>

#include <rondo/http/request_parser.hpp>
#include <rondo/io/op.hpp>
#include <rondo/net/byte_layer.hpp>
#include <rondo/net/tcp_stream.hpp>

#include "http/server_state.hpp"

namespace rondo::http {

/// One client. A state machine on the loop with one operation at a time in flight:
///
///     reading --> (requests answered at once) --> writing --> reading
///        |                                           |
///        +--> conversing (a task owns the stream) ---+--> lingering --> gone
///
/// Lifetime: allocated by the accept loop, deletes itself when its descriptor is closed and no
/// operation of its own is in flight.
///
/// Between it and the wire may stand a layer: then it is a `layered_connection`, whose bytes are
/// decoded where they arrive and encoded where they go, and nothing else changes.
class connection : public io::op, public list_hook<waiting_list_tag> {
 public:
  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* block, std::size_t size) noexcept {
    frame_pool::deallocate(block, size);
  }

  connection(server::state& s, tcp_stream accepted, bool layered = false) noexcept;

  /// Waits for the (rest of the) next request.
  void read();
  /// Ends it: now, or as soon as the operation in flight has let go.
  void close() noexcept;
  /// What its timeout means.
  void expire();

  /// Whether it has waited for longer than it may.
  bool has_expired(instant now, duration limit) const noexcept {
    return now - waits_since_ >= limit;
  }

  server::state& shared() const noexcept { return server_; }
  tcp_stream& stream() noexcept { return stream_; }
  workspace& work() const noexcept { return *work_; }
  /// Whether nothing is read after the answer that is made now.
  bool is_last() const noexcept { return last_; }
  void make_last() noexcept { last_ = true; }
  /// Whether the answer may have to say so.
  bool may_be_last() const noexcept { return last_ || server_.stopping; }
  /// A server that stops ends a connection behind the last request that has arrived. (Of what
  /// follows a body nothing is known yet.)
  void decide_whether_last() noexcept {
    if (!server_.stopping) return;
    if (work_->rest.empty() || work_->head.framing() != body_framing::none) last_ = true;
  }
  /// Begins to wait anew for what it waits for.
  void wait_anew(instant now) noexcept { waits_since_ = now; }
  void wait_in(waiting what) noexcept;
  /// It is the handler's turn.
  void stop_waiting() noexcept { wait_in(waiting::handler); }
  bool is_idle() const noexcept { return waits_for_ == waiting::idle; }
  instant waits_since() const noexcept { return waits_since_; }
  shutdown_holder describe() const;  // server_end.cpp
  task<> flush();

  // layered_connection.cpp
  byte_layer* layer() noexcept;
  /// What has just been read, decoded where there is a layer, in `rest` of the workspace. False
  /// where that is nothing yet. Throws `error`.
  bool decode_body() { return !layered_ || decode_rest(); }
  void begin();

 protected:
  ~connection();

 private:
  void die() noexcept;
  bool decode_rest();
  void received_wire();
  bool encode_out(bool last);
  bool says_end();
  void keep_input_of_rest();
  void received();
  void serve();
  [[gnu::cold]] void refuse(parse_error why);
  bool answer_one();
  [[gnu::cold]] void failed(std::exception_ptr thrown);
  void report();
  template <class Hook>
  void call_hook(Hook hook);
  void converse_with(task<> work);
  task<> converse(task<> work);
  [[gnu::noinline]] void keep_rest();
  void write();
  void send_rest();
  void written();
  bool note_sent() noexcept;
  void after_answers();
  void go_on();
  void linger();
  void lingered();
  void release_work() noexcept;

  server::state& server_;
  tcp_stream stream_;
  workspace* work_ = nullptr;             // while busy
  std::unique_ptr<std::string> partial_;  // a head that has not arrived completely
  instant waits_since_;
  request_parser parser_;
  waiting waits_for_ = waiting::idle;
  bool last_ = false;  // nothing is read after this answer
  bool conversing_ = false;
  bool closed_ = false;
  bool timed_out_ = false;  // the read in flight is cancelled: to be answered with a 408, or ended
  const bool layered_;
  bool peer_ended_ = false;  // said so, through the layer
  bool said_end_ = false;    // so did we
  bool more_ = false;        // `partial_` may hold complete requests: answer them before reading
};

/// The same with a layer, and so without the promise of 160 bytes.
class layered_connection final : public connection {
 public:
  layered_connection(server::state& s, tcp_stream accepted, owned<byte_layer> with) noexcept
      : connection(s, std::move(accepted), true), layer_(std::move(with)) {}

  byte_layer& with() noexcept { return *layer_; }

 private:
  owned<byte_layer> layer_;
};

}  // namespace rondo::http

// A connection with a layer (TLS) between itself and the wire: how it begins, and where its bytes
// are decoded and encoded. The state machine is that of connection.cpp.
#include <utility>

#include "http/connection.hpp"

namespace rondo::http {

namespace {

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

/// A client that is still coming to an agreement counts as a connection.
class handshake_count {
 public:
  explicit handshake_count(server::state& s) noexcept : server_(s) {
    s.connection_comes();
    ++s.handshakes;
  }
  handshake_count(const handshake_count&) = delete;
  ~handshake_count() {
    --server_.handshakes;
    server_.connection_gone();
  }

 private:
  server::state& server_;
};

}  // namespace

task<> server::state::welcome_with_layer(tcp_stream accepted) {
  const handshake_count counted(*this);
  owned<byte_layer> agreed;
  try {
    agreed = co_await options.layers->accept(accepted);
  } catch (const error& why) {
    if (!options.on_no_agreement) co_return;
    const socket_address peer = accepted.remote_address().value_or(socket_address());
    l.queue_microtask([this, peer, why] { options.on_no_agreement(peer, why); });
    co_return;
  }
  auto* const c = new layered_connection(*this, std::move(accepted), std::move(agreed));
  if (!l.is_active(sweeper)) watch();
  c->begin();
}

byte_layer* connection::layer() noexcept {
  return layered_ ? &static_cast<layered_connection*>(this)->with() : nullptr;
}

void connection::die() noexcept {
  if (layered_) {
    delete static_cast<layered_connection*>(this);
  } else {
    delete this;
  }
}

/// What came along with the end of the handshake is served, then what follows.
void connection::begin() {
  work_ = &server_.take_workspace();
  received_wire();
}

/// Goes on where `received` has taken a workspace and put into `rest` what came over the wire.
void connection::received_wire() {
  workspace& w = *work_;
  if (partial_) {
    w.gathered = std::move(*partial_);
    partial_.reset();
  } else {
    w.gathered.clear();
  }
  const rondo::result<bool> open = layer()->decode(bytes_of(w.rest), w.gathered);
  w.input.reset();
  w.rest = w.gathered;
  peer_ended_ |= open && !*open;
  if (!open || (peer_ended_ && w.rest.empty())) {
    last_ = true;
    return linger();
  }
  if (!w.rest.empty()) return serve();
  release_work();
  read();
}

/// Puts in the place of `out` what says it to the peer, and where this is the last, that it is.
/// False where there is no telling it.
bool connection::encode_out(bool last) {
  workspace& w = *work_;
  w.encoded.clear();
  const rondo::result<void> made = layer()->encode(bytes_of(w.out), w.encoded);
  if (last) {
    said_end_ = true;
    layer()->end(w.encoded);
  }
  std::swap(w.out, w.encoded);
  return made || last;
}

/// The layer's last word goes ahead of the end of the stream. True where there is one to be sent.
bool connection::says_end() {
  if (!layered_ || said_end_) return false;
  if (work_ == nullptr) work_ = &server_.take_workspace();
  last_ = true;
  work_->out.clear();
  write();
  return true;
}

/// `rest` of the workspace is what was read for a body; now it is what that means. False where this
/// is nothing yet. Throws `error` where it means nothing at all.
bool connection::decode_rest() {
  workspace& w = *work_;
  if (w.rest.empty()) return true;  // the wire has ended
  w.decoded.clear();
  rondo::result<bool> open = layer()->decode(bytes_of(w.rest), w.decoded);
  w.body_input.reset();
  w.rest = w.decoded;
  if (!open) throw std::move(open).error();
  peer_ended_ |= !*open;
  return peer_ended_ || !w.rest.empty();
}

}  // namespace rondo::http

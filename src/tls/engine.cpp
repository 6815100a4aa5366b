// The engine: OpenSSL between two buffers. What OpenSSL calls back is in engine_callbacks.cpp, what
// went wrong becomes text in engine_failure.cpp.
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/os/address.hpp>

#include "tls/engine_state.hpp"
#include "tls/session_state.hpp"

namespace rondo::tls {

namespace {

/// A kind of BIO that reads from and writes to an engine's buffers.
BIO_METHOD* wire_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rondo wire");
    BIO_meth_set_read(made, &engine::state::read_wire);
    BIO_meth_set_write(made, &engine::state::write_wire);
    BIO_meth_set_ctrl(
        made, [](BIO*, int what, long, void*) -> long { return what == BIO_CTRL_FLUSH ? 1 : 0; });
    BIO_meth_set_create(made, [](BIO* created) {
      BIO_set_init(created, 1);
      return 1;
    });
    return made;
  }();
  return method;
}

}  // namespace

engine::state::state(const context& c, std::string_view name, session_store* store)
    : shared(&c.inside()), made_with(shared->now()), peer(name), sessions(store) {
  ERR_clear_error();
  ssl.reset(SSL_new(made_with.ssl.get()));
  BIO* const wire = BIO_new(wire_method());
  if (!ssl || wire == nullptr) {
    BIO_free(wire);
    throw error(errc::out_of_memory, "tls: " + take_reasons());
  }
  BIO_set_data(wire, this);
  SSL_set_bio(ssl.get(), wire, wire);
  SSL_set_app_data(ssl.get(), this);
  if (shared->is_server) {
    SSL_set_accept_state(ssl.get());
    return;
  }
  SSL_set_connect_state(ssl.get());
  name_server(name);
  offer_session();
}

/// OpenSSL forgets the session of who leaves without a `close_notify`. Who leaves so may come again
/// all the same (RFC 5246, section 7.2.1); a session is spoilt by a failure only.
engine::state::~state() {
  if (!failure) SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

/// Whether the step that comes next agrees on keys, signs or verifies. What a server of TLS 1.3
/// does behind its answer to the hello is nothing of the kind.
bool engine::state::is_at_keys() const noexcept {
  const OSSL_HANDSHAKE_STATE at = SSL_get_state(ssl.get());
  const bool at_hello = at == TLS_ST_BEFORE || at == TLS_ST_SR_CLNT_HELLO;
  return !shared->is_server || at_hello || SSL_version(ssl.get()) < TLS1_3_VERSION;
}

void engine::state::name_server(std::string_view name) {
  if (name.empty()) {
    if (!shared->verifies) return;
    throw error(errc::invalid_argument,
                "tls: whom is the server to be? It takes a host name or an "
                "address to verify its certificate");
  }
  // An address is verified, but not sent: RFC 6066, section 3.
  if (peer.front() == '[' && peer.back() == ']') peer = peer.substr(1, peer.size() - 2);
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, peer.c_str()) == 1) return;
  ERR_clear_error();
  if (peer.back() == '.') peer.pop_back();  // the root's dot is part of no certificate
  // Names that the server may have, and neither the subject's common name nor half a label.
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool taken = peer.find('\0') == std::string::npos &&
                     X509_VERIFY_PARAM_set1_host(wanted, peer.data(), peer.size()) == 1 &&
                     SSL_set_tlsext_host_name(ssl.get(), peer.c_str()) == 1;
  if (!taken) {
    take_reasons();
    throw error(errc::invalid_argument, "tls: '" + peer + "' is no host name");
  }
}

void engine::state::offer_session() {
  if (sessions == nullptr) return;
  session_key = std::to_string(made_with.number) + ' ' + peer;
  const session_ptr known = sessions->inside().take(session_key);
  if (known) SSL_set_session(ssl.get(), known.get());
}

engine::engine(const context& of) : state_(new state(of, {}, nullptr)) {
  RONDO_ASSERT(of.is_server());
}

engine::engine(const context& of, std::string_view server_name, session_store* sessions)
    : state_(new state(of, server_name, sessions)) {
  RONDO_ASSERT(!of.is_server());
}

engine::engine(engine&& other) noexcept = default;
engine& engine::operator=(engine&& other) noexcept = default;
engine::~engine() = default;

// The wire
// ---------------------------------------------------------------------------------------------

std::span<std::byte> engine::input_room() {
  return state_->input.room();
}

void engine::input_arrived(std::size_t count) noexcept {
  state_->has_seen_input |= count > 0;
  state_->input.arrived(count);
}

void engine::input_arrived(std::span<const std::byte> bytes) {
  state_->has_seen_input |= !bytes.empty();
  state_->input.append(bytes);
}

void engine::input_ended() noexcept {
  state_->input_has_ended = true;
}

bool engine::has_output() const noexcept {
  return !state_->output.empty();
}

void engine::take_output(std::string& wire) {
  if (wire.empty()) {
    std::swap(wire, state_->output);
  } else {
    wire += state_->output;
    state_->output.clear();
  }
}

// The handshake
// ----------------------------------------------------------------------------------------

result<step> engine::handshake() {
  state& s = *state_;
  if (s.failure) return std::unexpected(*s.failure);
  ERR_clear_error();
  const int outcome = SSL_do_handshake(s.ssl.get());
  if (outcome == 1) {
    s.input.release();
    return step::done;
  }
  const bool waits = SSL_get_error(s.ssl.get(), outcome) == SSL_ERROR_WANT_READ;
  if (waits && !s.input_has_ended) return step::needs_input;
  return s.fail("handshake", outcome);
}

bool engine::is_established() const noexcept {
  return SSL_is_init_finished(state_->ssl.get()) == 1 && !state_->failure;
}

bool engine::is_next_step_long() const noexcept {
  const state& s = *state_;
  switch (s.shared->options.where) {
    case handshake_work::on_loop:
      return false;
    case handshake_work::on_pool:
      return true;
    case handshake_work::automatic:
      return s.has_seen_input && s.is_at_keys();
  }
  return false;
}

// Plain bytes
// ------------------------------------------------------------------------------------------

result<engine::reading> engine::read(std::span<std::byte> into) {
  state& s = *state_;
  reading got;
  if (s.failure) return std::unexpected(*s.failure);
  ERR_clear_error();
  int outcome = 1;
  while (outcome == 1 && got.count < into.size()) {
    std::size_t more = 0;
    outcome = SSL_read_ex(s.ssl.get(), into.data() + got.count, into.size() - got.count, &more);
    if (outcome == 1) got.count += more;
  }
  const int why = outcome == 1 ? SSL_ERROR_NONE : SSL_get_error(s.ssl.get(), outcome);
  if (why == SSL_ERROR_ZERO_RETURN) s.peer_has_ended = true;
  if (got.count > 0) {
    // What failed behind it is told by the next call.
    if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL)
      static_cast<void>(s.fail("read", outcome));
    got.at = step::done;
    return got;
  }
  if (s.peer_has_ended) {
    got.at = step::ended;
    return got;
  }
  if (why == SSL_ERROR_NONE) return got;  // no room was given
  if (why != SSL_ERROR_WANT_READ || s.input_has_ended) return s.fail("read", outcome);
  s.input.release();
  return got;
}

result<step> engine::decode(std::span<const std::byte> wire, std::string& plain) {
  constexpr std::size_t record = 16 * 1024;
  state& s = *state_;
  s.has_seen_input |= !wire.empty();
  s.lent = wire;
  for (;;) {
    const std::size_t before = plain.size();
    result<reading> got;
    plain.resize_and_overwrite(before + record, [&](char* text, std::size_t) {
      got = read(std::as_writable_bytes(std::span(text + before, record)));
      return before + (got ? got->count : 0);
    });
    if (got && got->at == step::done) continue;
    // What is left stands behind the end, or behind a failure: of no use to anybody.
    s.lent = {};
    if (!got) return std::unexpected(std::move(got).error());
    return got->at == step::ended ? step::ended : step::done;
  }
}

result<void> engine::write(std::span<const std::byte> plain) {
  state& s = *state_;
  if (s.failure) return std::unexpected(*s.failure);
  if (s.has_ended_writing) {
    return std::unexpected(error(errc::broken_pipe, "tls write: behind our own end"));
  }
  if (plain.empty()) return {};
  ERR_clear_error();
  std::size_t taken = 0;
  const int outcome = SSL_write_ex(s.ssl.get(), plain.data(), plain.size(), &taken);
  if (outcome == 1) return {};
  return s.fail("write", outcome);
}

result<void> engine::encode(std::span<const std::byte> plain, std::string& wire) {
  state& s = *state_;
  take_output(wire);
  s.sink = &wire;
  result<void> written = write(plain);
  s.sink = &s.output;
  return written;
}

void engine::end_writing() noexcept {
  state& s = *state_;
  if (s.has_ended_writing) return;
  s.has_ended_writing = true;
  if (s.failure || SSL_is_init_finished(s.ssl.get()) != 1) return;
  ERR_clear_error();
  SSL_shutdown(s.ssl.get());
  ERR_clear_error();
}

bool engine::has_ended_writing() const noexcept {
  return state_->has_ended_writing;
}

bool engine::was_truncated() const noexcept {
  const std::optional<error>& failure = state_->failure;
  return failure && failure->code() == errc::truncated;
}

void engine::update_keys() noexcept {
  ERR_clear_error();
  SSL_key_update(state_->ssl.get(), SSL_KEY_UPDATE_REQUESTED);
  ERR_clear_error();
}

// What was agreed upon
// ---------------------------------------------------------------------------------

version engine::version() const noexcept {
  const bool newest = SSL_version(state_->ssl.get()) >= TLS1_3_VERSION;
  return newest ? tls::version::tls_1_3 : tls::version::tls_1_2;
}

std::string_view engine::cipher() const noexcept {
  const char* const name = SSL_get_cipher_name(state_->ssl.get());
  return name != nullptr ? name : "";
}

std::string_view engine::protocol() const noexcept {
  const unsigned char* text = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(state_->ssl.get(), &text, &size);
  return {reinterpret_cast<const char*>(text), size};
}

std::string_view engine::server_name() const noexcept {
  const char* const name = SSL_get_servername(state_->ssl.get(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

bool engine::resumed() const noexcept {
  return SSL_session_reused(state_->ssl.get()) == 1;
}

std::optional<certificate_facts> engine::peer_certificate() const {
  const x509_ptr shown(SSL_get1_peer_certificate(state_->ssl.get()));
  if (!shown) return std::nullopt;
  return facts_of(*shown);
}

}  // namespace rondo::tls

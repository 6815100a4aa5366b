// A context: options in, a context of OpenSSL out; once more at each reload.
#include "tls/context_state.hpp"

#include <atomic>
#include <cstring>

#include <rondo/os/errors.hpp>

#include "tls/engine_state.hpp"
#include "tls/session_state.hpp"

namespace rondo::tls {

namespace {

error refused(const char* what, const std::string& value) {
  return error(errc::invalid_argument,
               std::string("tls: ") + what + " '" + value + "': " + take_reasons());
}

int number_of(version v) noexcept {
  return v == version::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

/// RFC 7301, section 3.1: each name behind its length.
std::string wire_format(const std::vector<std::string>& protocols) {
  std::string all;
  for (const std::string& each : protocols) {
    if (each.empty() || each.size() > 255) {
      throw error(errc::invalid_argument, "tls: the protocol '" + each + "' for ALPN is " +
                                              (each.empty() ? "empty" : "longer than 255 bytes"));
    }
    all += static_cast<char>(each.size());
    all += each;
  }
  return all;
}

/// The server's preference decides. Where none is common the client is told so (RFC 7301, 3.2).
int choose_protocol(SSL* /*of*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* ours) {
  const auto& all = *static_cast<const std::string*>(ours);
  unsigned char* found = nullptr;
  const int outcome =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(all.data()),
                            static_cast<unsigned>(all.size()), offered, offered_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

/// What tells the sessions of one context from those of another: a client that was let in without a
/// certificate by one name must not resume its way into another that asks for one.
void set_session_id(const context::state& s, SSL_CTX& of) {
  const void* const identity = &s;
  SSL_CTX_set_session_id_context(&of, reinterpret_cast<const unsigned char*>(&identity),
                                 sizeof identity);
}

void set_resumption(const context::state& s, SSL_CTX& of) {
  if (!s.is_server) {
    SSL_CTX_set_session_cache_mode(&of, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(&of, &keep_session);
    return;
  }
  set_session_id(s, of);
  switch (s.resumption) {
    case resumption::tickets:
      SSL_CTX_set_session_cache_mode(&of, SSL_SESS_CACHE_OFF);
      return;
    case resumption::cache:
      SSL_CTX_set_options(&of, SSL_OP_NO_TICKET);
      SSL_CTX_set_session_cache_mode(&of, SSL_SESS_CACHE_SERVER);
      SSL_CTX_sess_set_cache_size(&of, 20'000);
      return;
    case resumption::none:
      SSL_CTX_set_options(&of, SSL_OP_NO_TICKET);
      SSL_CTX_set_num_tickets(&of, 0);
      SSL_CTX_set_session_cache_mode(&of, SSL_SESS_CACHE_OFF);
      return;
  }
}

/// Tickets that were given out stay good across a reload.
void carry_ticket_keys(SSL_CTX& from, SSL_CTX& to) {
  const long size = SSL_CTX_get_tlsext_ticket_keys(&from, nullptr, 0);
  std::string keys(static_cast<std::size_t>(size), '\0');
  if (SSL_CTX_get_tlsext_ticket_keys(&from, keys.data(), size) == 1) {
    SSL_CTX_set_tlsext_ticket_keys(&to, keys.data(), size);
  }
  OPENSSL_cleanse(keys.data(), keys.size());
}

}  // namespace

const char* to_string(version v) noexcept {
  return v == version::tls_1_2 ? "TLS 1.2" : "TLS 1.3";
}

int verify_mode_of(const context::state& s) noexcept {
  if (!s.is_server) return s.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE;
  switch (s.clients) {
    case client_certificates::ignored:
      return SSL_VERIFY_NONE;
    case client_certificates::wanted:
      return SSL_VERIFY_PEER;
    case client_certificates::required:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER;
}

context::state::state(client_options given)
    : is_server(false), verifies(!given.insecure_no_verification), options(std::move(given)) {
  alpn = wire_format(options.protocols);
}

context::state::state(server_options given)
    : is_server(true),
      clients(given.clients),
      resumption(given.resumption),
      choose(std::move(given.choose)),
      options(std::move(given)) {
  alpn = wire_format(options.protocols);
}

context::state::edition context::state::now() const {
  const std::lock_guard hold(lock_);
  edition copy;
  SSL_CTX_up_ref(current_.ssl.get());
  copy.ssl.reset(current_.ssl.get());
  copy.number = current_.number;
  return copy;
}

const context* context::state::choose_for(std::string_view name) {
  if (!choose) return nullptr;
  const std::lock_guard hold(choosing_);
  return choose(name);
}

result<context::state::edition> context::state::make() const {
  static std::atomic<std::uint64_t> count{0};  // only told apart: relaxed
  ERR_clear_error();
  edition made;
  made.number = count.fetch_add(1, std::memory_order_relaxed);
  made.ssl.reset(SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method()));
  if (!made.ssl) return std::unexpected(error(errc::other, "tls: " + take_reasons()));
  SSL_CTX& ssl = *made.ssl;
  SSL_CTX_set_options(&ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(&ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_min_proto_version(&ssl, number_of(options.minimum));
  SSL_CTX_set_max_proto_version(&ssl, number_of(options.maximum));
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(&ssl, options.ciphers.c_str()) != 1) {
    return std::unexpected(refused("the ciphers", options.ciphers));
  }
  if (!options.cipher_suites.empty() &&
      SSL_CTX_set_ciphersuites(&ssl, options.cipher_suites.c_str()) != 1) {
    return std::unexpected(refused("the cipher suites", options.cipher_suites));
  }
  SSL_CTX_set_verify(&ssl, verify_mode_of(*this), &engine::state::note_verification);
  // Who names an intermediate authority means it, whoever has signed that.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(&ssl), X509_V_FLAG_PARTIAL_CHAIN);
  result<void> loaded = load_material(*this, ssl);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  if (!alpn.empty()) {
    auto* const ours = reinterpret_cast<const unsigned char*>(alpn.data());
    if (is_server) {
      SSL_CTX_set_alpn_select_cb(&ssl, &choose_protocol, const_cast<std::string*>(&alpn));
    } else {
      SSL_CTX_set_alpn_protos(&ssl, ours, static_cast<unsigned>(alpn.size()));
    }
  }
  if (is_server && choose) {
    SSL_CTX_set_client_hello_cb(&ssl, &engine::state::choose_context, nullptr);
  }
  set_resumption(*this, ssl);
  return made;
}

result<void> context::state::read_files() {
  result<edition> made = make();
  if (!made) return std::unexpected(std::move(made).error());
  const bool tickets_stay = is_server && clients == client_certificates::ignored;
  edition old;  // freed behind the lock
  const std::lock_guard hold(lock_);
  if (current_.ssl && tickets_stay) carry_ticket_keys(*current_.ssl, *made->ssl);
  old = std::exchange(current_, std::move(*made));
  return {};
}

context::context(client_options options) : state_(nullptr) {
  auto made = std::make_unique<state>(std::move(options));
  result<void> loaded = made->read_files();
  if (!loaded) throw std::move(loaded).error();
  state_ = made.release();
}

context::context(server_options options) : state_(nullptr) {
  auto made = std::make_unique<state>(std::move(options));
  result<void> loaded = made->read_files();
  if (!loaded) throw std::move(loaded).error();
  state_ = made.release();
}

context::~context() {
  delete state_;
}

result<void> context::reload() {
  return state_->read_files();
}

bool context::is_server() const noexcept {
  return state_->is_server;
}

}  // namespace rondo::tls

// What OpenSSL calls: for bytes of the wire, for its opinion on certificates, and when a client has
// said whom it wants.
#include <algorithm>
#include <cstring>

#include "tls/engine_state.hpp"

namespace rondo::tls {

int engine::state::read_wire(BIO* wire, char* into, int room) {
  state& s = *static_cast<state*>(BIO_get_data(wire));
  BIO_clear_retry_flags(wire);
  std::size_t count = std::min(s.lent.size(), static_cast<std::size_t>(room));
  if (!s.input.empty()) {
    count = s.input.take(into, static_cast<std::size_t>(room));
  } else if (count > 0) {
    std::memcpy(into, s.lent.data(), count);
    s.lent = s.lent.subspan(count);
  }
  if (count > 0) return static_cast<int>(count);
  BIO_set_retry_read(wire);  // also at its end: what that means is decided here, not there
  return -1;
}

int engine::state::write_wire(BIO* wire, const char* from, int count) {
  BIO_clear_retry_flags(wire);
  try {
    static_cast<state*>(BIO_get_data(wire))->sink->append(from, static_cast<std::size_t>(count));
  } catch (...) {
    return -1;  // no memory: an exception must not pass through C
  }
  return count;
}

/// Called for each certificate of the chain, and for each thing that is wrong with one.
int engine::state::note_verification(int accepted, X509_STORE_CTX* chain) {
  if (accepted == 1) return 1;
  const auto* const connection = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  state& s = of(*connection);
  if (s.refused) return 0;
  try {
    refusal& why = s.refused.emplace();
    why.code = X509_STORE_CTX_get_error(chain);
    why.depth = X509_STORE_CTX_get_error_depth(chain);
    if (X509* const which = X509_STORE_CTX_get_current_cert(chain)) why.of = facts_of(*which);
  } catch (...) {
    return 0;  // no memory for the reason: it is refused all the same
  }
  return 0;
}

namespace {

/// The name in a client's hello: RFC 6066, section 3. "" where there is none, or nonsense.
std::string_view name_in_hello(SSL* connection) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_server_name, &bytes, &size) != 1) return {};
  // The list's length, one byte of kind, the name's length, the name.
  constexpr std::size_t head = 5;
  if (size <= head || bytes[2] != TLSEXT_NAMETYPE_host_name) return {};
  const std::size_t length = static_cast<std::size_t>(bytes[3]) << 8 | bytes[4];
  if (length > size - head) return {};
  return {reinterpret_cast<const char*>(bytes + head), length};
}

}  // namespace

/// Before anything else is decided, sessions above all: were the context chosen later, a session of
/// one name could be resumed under another that asks for more (as in CVE-2025-23419).
int engine::state::choose_context(SSL* connection, int* alert, void* /*unused*/) {
  state& s = of(*connection);
  try {
    const context* const chosen = s.shared->choose_for(name_in_hello(connection));
    if (chosen == nullptr || &chosen->inside() == s.shared) return SSL_CLIENT_HELLO_SUCCESS;
    context::state& its = chosen->inside();
    s.made_with = its.now();
    if (SSL_set_SSL_CTX(connection, s.made_with.ssl.get()) == nullptr) {
      return SSL_CLIENT_HELLO_ERROR;
    }
    SSL_set_verify(connection, verify_mode_of(its), &note_verification);
    SSL_clear_options(connection, SSL_OP_NO_TICKET);
    SSL_set_options(connection, SSL_CTX_get_options(s.made_with.ssl.get()));
    return SSL_CLIENT_HELLO_SUCCESS;
  } catch (...) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
  }
}

}  // namespace rondo::tls

#pragma once

#include <optional>
#include <span>
#include <string>

#include <rondo/tls/engine.hpp>

#include "tls/certificates.hpp"
#include "tls/context_state.hpp"
#include "tls/openssl.hpp"
#include "tls/wire_buffer.hpp"

namespace rondo::tls {

/// An engine from the inside: OpenSSL's connection between two buffers, as which it sees the wire.
struct engine::state {
  state(const context& c, std::string_view name, session_store* store);
  state(const state&) = delete;
  ~state();

  static state& of(const SSL& connection) noexcept {
    return *static_cast<state*>(SSL_get_app_data(&connection));
  }

  // Called by OpenSSL
  static int note_verification(int accepted, X509_STORE_CTX* chain);
  static int choose_context(SSL* connection, int* alert, void* unused);
  static int read_wire(BIO* wire, char* into, int room);
  static int write_wire(BIO* wire, const char* from, int count);

  void name_server(std::string_view name);
  void offer_session();
  bool is_at_keys() const noexcept;
  bool has_failed() const noexcept { return failure.has_value(); }
  /// Keeps what went wrong, for every later call, and yields it.
  std::unexpected<error> fail(std::string_view during, int outcome);
  error failure_of(std::string_view during, int outcome);
  std::optional<error> at_wire_end(std::string_view during);

  context::state* shared;
  context::state::edition made_with;
  std::string peer;         // whom a client asked for
  std::string session_key;  // where `sessions` keeps theirs
  session_store* sessions;
  ssl_ptr ssl;

  wire_buffer input;
  std::span<const std::byte> lent;  // comes before `input`; empty but within `decode`
  std::string output;
  std::string* sink = &output;  // another within `encode`
  bool input_has_ended = false;
  bool has_seen_input = false;
  bool peer_has_ended = false;
  bool has_ended_writing = false;
  std::optional<refusal> refused;
  std::optional<error> failure;
};

}  // namespace rondo::tls

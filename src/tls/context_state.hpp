#pragma once

#include <cstdint>
#include <mutex>

#include <rondo/tls/context.hpp>

#include "tls/openssl.hpp"

namespace rondo::tls {

/// What a context was made from, and what it made of it.
struct context::state {
  explicit state(client_options given);
  explicit state(server_options given);

  /// One reading of the files.
  struct edition {
    ssl_context_ptr ssl;
    std::uint64_t number = 0;  // of this context among all, and of this reading of it
  };

  struct kept_options : context_options {
    explicit kept_options(context_options&& given) : context_options(std::move(given)) {}
  };

  /// For a connection that begins now.
  edition now() const;
  result<void> read_files();
  /// What `options.choose` says, or null.
  const context* choose_for(std::string_view name);

  const bool is_server;
  bool verifies = true;  // a client
  client_certificates clients = client_certificates::ignored;
  tls::resumption resumption = tls::resumption::tickets;
  unique_function<const context*(std::string_view name)> choose;
  kept_options options;
  std::string alpn;  // `options.protocols` as they go over the wire

 private:
  result<edition> make() const;

  std::mutex choosing_;
  mutable std::mutex lock_;
  edition current_;  // guarded by `lock_`
};

/// Whether the peer is to show a certificate, as SSL_set_verify takes it.
int verify_mode_of(const context::state& s) noexcept;

/// A certificate, key and authorities as `s` names them, into `into`.
result<void> load_material(const context::state& s, SSL_CTX& into);

}  // namespace rondo::tls

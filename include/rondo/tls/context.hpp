#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/base/result.hpp>
#include <rondo/base/unique_function.hpp>

namespace rondo::tls {

class context;

enum class version : std::uint8_t { tls_1_2, tls_1_3 };

/// "TLS 1.2", "TLS 1.3".
const char* to_string(version v) noexcept;

/// Certificates or keys in PEM: in a file, which is read again at each reload, or in memory.
class pem {
 public:
  pem() noexcept = default;  ///< none
  static pem file(std::string path) { return {std::move(path), true}; }
  static pem text(std::string bytes) { return {std::move(bytes), false}; }

  bool empty() const noexcept { return what_.empty(); }
  bool is_file() const noexcept { return is_file_; }
  const std::string& what() const noexcept { return what_; }

 private:
  pem(std::string what, bool is_file) noexcept : what_(std::move(what)), is_file_(is_file) {}

  std::string what_;  // path or text
  bool is_file_ = false;
};

/// Where the steps of a handshake are computed.
enum class handshake_work : std::uint8_t {
  automatic,  ///< on the pool, where they agree on keys, sign or verify: a tenth of a millisecond
  on_loop,    ///< always on the loop's thread
  on_pool,    ///< always on the loop's pool
};

/// How long-lived secrets of a session are kept, for clients that come again.
enum class resumption : std::uint8_t {
  tickets,  ///< encrypted, with the client: costs the server no memory
  cache,    ///< with the server, 20,000 at most
  none,
};

/// What both sides may say.
struct context_options {
  pem certificates;          ///< our own: first the one that is for us, then who signed whom
  pem private_key;           ///< for the first; where there is none, it is sought in `certificates`
  std::string key_password;  ///< of an encrypted key

  /// Who may vouch for the peer. Where neither is named, a client trusts whom the system trusts.
  pem trusted;
  std::string trusted_folder;          ///< as `openssl rehash` makes them
  bool trusts_system = false;          ///< the system's as well, where others are named
  std::vector<std::string> protocols;  ///< ALPN, the preferred first: {"http/1.1"}

  version minimum = version::tls_1_2;
  version maximum = version::tls_1_3;
  std::string ciphers;        ///< of TLS 1.2, as `openssl ciphers` takes them; empty: the library's
  std::string cipher_suites;  ///< of TLS 1.3
  handshake_work where = handshake_work::automatic;

 protected:
  context_options() = default;
};

/// What a client says. It verifies the server: that an authority which it trusts vouches for the
/// certificate, that this is in time, and that it is for the name that was asked for.
struct client_options : context_options {
  client_options() = default;

  /// Takes whoever answers for the one that was meant. For tests, and nothing else.
  bool insecure_no_verification = false;
};

/// What a server wants of its clients: `trusted` says who may vouch for them.
enum class client_certificates : std::uint8_t { ignored, wanted, required };

/// What a server says. Needs `certificates`.
struct server_options : context_options {
  server_options() = default;

  client_certificates clients = client_certificates::ignored;
  tls::resumption resumption = tls::resumption::tickets;
  /// The context for the name that a client asks for ("" where it names none), or null for this
  /// one. Called on any thread, by one at a time; the chosen context is a server's, and outlives
  /// the streams.
  unique_function<const context*(std::string_view name)> choose;
};

/// What many connections share: who we are, whom we trust, what we speak.
///
/// Thread: any, also several at once. Lifetime: outlives the streams and engines that use it.
class context {
 public:
  /// Reads the files named, so it blocks. Throws `error`, which says which file is wrong and why.
  explicit context(client_options options);
  explicit context(server_options options);
  context(context&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  context& operator=(context&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~context();

  /// Reads all files again; connections that begin from now on get what is there now, those that
  /// have begun go on as they are. Where anything is wrong nothing changes, and the error says
  /// what. Sessions resume across it, but for those of a server that asks for client certificates,
  /// and for those of a client: whom it trusts may have changed. Blocks: see `offload`.
  result<void> reload();

  bool is_server() const noexcept;

  struct state;  // src/tls/context_state.hpp
  state& inside() const noexcept { return *state_; }

 private:
  state* state_;
};

}  // namespace rondo::tls

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <rondo/base/owned.hpp>
#include <rondo/base/result.hpp>
#include <rondo/tls/certificate.hpp>
#include <rondo/tls/context.hpp>
#include <rondo/tls/session_store.hpp>

namespace rondo::tls {

/// How far an engine came.
enum class step : std::uint8_t {
  done,         ///< with what was asked
  needs_input,  ///< first more has to arrive from the wire
  ended,        ///< the peer has said that it will send no more
};

/// TLS without I/O: bytes of the wire in and out, plain bytes in and out. What `stream` is made of,
/// and what runs over anything else: a simulation, a queue, a protocol that changes to TLS halfway.
///
/// Whatever is called: send what `take_output` gives, also after an error, since it tells the peer.
/// After an error nothing but that makes sense; the same error comes again.
///
/// Thread: one at a time. Lifetime: within that of its context and session store.
class engine {
 public:
  /// A server's.
  explicit engine(const context& of);
  /// A client's, of a server that is to prove to be `server_name`: a host name or a numeric
  /// address. Throws `error` where there is no name and the context verifies.
  engine(const context& of, std::string_view server_name, session_store* sessions = nullptr);
  engine(engine&& other) noexcept;
  engine& operator=(engine&& other) noexcept;
  ~engine();

  // The wire

  /// Where to receive the next bytes from the wire, then `input_arrived`; between the two, only
  /// what writes is called.
  std::span<std::byte> input_room();
  void input_arrived(std::size_t count) noexcept;
  /// The same with bytes that lie elsewhere, copied.
  void input_arrived(std::span<const std::byte> bytes);
  /// No more will come.
  void input_ended() noexcept;
  bool has_output() const noexcept;
  /// Appends to `wire` what is to be sent, in this order.
  void take_output(std::string& wire);

  // The handshake

  /// Goes on with it. The only call that computes with private keys: it may be made on another
  /// thread.
  result<step> handshake();
  bool is_established() const noexcept;
  /// Whether the next step is one for another thread, as the context's options have it.
  bool is_next_step_long() const noexcept;

  // Plain bytes, once it is established

  /// What came of a `read`.
  struct reading {
    step at = step::needs_input;
    std::size_t count = 0;  ///< bytes; some where and only where `at` is `done`
  };
  /// As much as has arrived and fits. A wire that ended without the peer's `close_notify` is
  /// `errc::truncated`.
  result<reading> read(std::span<std::byte> into);
  /// The same with the next bytes of the wire, which are used up: appends all that they mean to
  /// `plain`. `done` and `ended` are told apart, not whether there was anything.
  result<step> decode(std::span<const std::byte> wire, std::string& plain);
  /// Makes records of all of `plain`.
  result<void> write(std::span<const std::byte> plain);
  /// The same with the records, behind what was to be sent before, appended to `wire`.
  result<void> encode(std::span<const std::byte> plain, std::string& wire);
  /// Says that nothing more will be written (`close_notify`). Idempotent.
  void end_writing() noexcept;
  bool has_ended_writing() const noexcept;
  /// Whether the wire ended before the peer's `close_notify`.
  bool was_truncated() const noexcept;
  /// Asks both sides for new keys from here on (TLS 1.3; before that nothing happens).
  void update_keys() noexcept;

  // What was agreed upon

  tls::version version() const noexcept;
  std::string_view cipher() const noexcept;
  /// ALPN: "" where none was agreed upon.
  std::string_view protocol() const noexcept;
  /// What a client asked for, as a server hears it; "" where it named nobody.
  std::string_view server_name() const noexcept;
  bool resumed() const noexcept;
  std::optional<certificate_facts> peer_certificate() const;

  struct state;  // src/tls/engine_state.hpp

 private:
  owned<state> state_;
};

}  // namespace rondo::tls

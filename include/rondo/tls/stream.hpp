#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/async/any_stream.hpp>
#include <rondo/base/time.hpp>
#include <rondo/tls/certificate.hpp>
#include <rondo/tls/context.hpp>
#include <rondo/tls/session_store.hpp>

namespace rondo::tls {

/// What it means that the wire ends without the peer's `close_notify`: anybody on the way can end a
/// connection, but only the peer can say that all was sent.
enum class truncation : std::uint8_t {
  is_error,  ///< `errc::truncated`
  is_end,    ///< as any other: for protocols that tell by themselves what is complete
};

/// How a stream is begun, and ends.
struct stream_options {
  stream_options() noexcept = default;

  duration handshake_timeout = duration::seconds(20);  ///< then `errc::timed_out`
  truncation when_truncated = truncation::is_error;
  /// For a client: where sessions are resumed from and kept. Outlives the stream.
  session_store* sessions = nullptr;
};

/// A stream of bytes through TLS, over any other. Reading and writing may be awaited by two lines
/// of execution at once; several reads, or writes, wait for their turn.
///
/// A read that is cancelled has taken nothing. A write that is cancelled before it sent anything
/// has done nothing; where it had begun to send, some record may be cut off: then reading goes on,
/// and every later write fails with `errc::closed`. Awaits throw `error` or `cancelled`.
///
/// Thread and lifetime: those of the stream that it runs over; within those of its context.
class stream {
 public:
  stream() noexcept = default;  ///< closed
  stream(stream&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  stream& operator=(stream&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  /// Closes without a word; `finish` is the polite way.
  ~stream();

  /// At least one byte, at most `into.size()`; 0 once the peer has ended its direction (or for no
  /// room). Fails with `errc::truncated` where the wire ended first, see `truncation`.
  task<std::size_t> read(std::span<std::byte> into);
  /// All of `into`; `errc::end_of_stream` where the peer ended before that. What had been received
  /// when it ended, failed or was cancelled is read next.
  task<> read_exact(std::span<std::byte> into);
  task<> write_all(std::span<const std::byte> bytes);
  RONDO_COROUTINE_WRAPPER task<> write_all(std::string_view text) {
    return write_all(std::as_bytes(std::span(text)));
  }
  /// Ends our direction (`close_notify`): the peer reads the end behind what was written. Reading
  /// goes on. Idempotent.
  task<> shutdown();
  /// Ends both: sends our `close_notify`, drops what the peer still sends until it has ended its
  /// direction too, for at most `limit`, and closes. False where the peer never said so, or the
  /// limit came first: what it sent last may have been cut off. Closes also when cancelled.
  task<bool> finish(duration limit = duration::seconds(2));
  /// Ends all awaits on it (`errc::closed`) and closes what is below, now. Idempotent.
  void close() noexcept;
  bool is_open() const noexcept;

  /// Puts bytes in front of what will be read next. Throws std::bad_alloc.
  void unread(std::span<const std::byte> bytes);
  /// Has both sides use new keys from the next write on (TLS 1.3): for streams of many terabytes.
  /// The peer's own wish is always granted.
  void update_keys() noexcept;

  // What was agreed upon

  tls::version version() const noexcept;
  std::string_view cipher() const noexcept;
  /// The protocol chosen by ALPN; "" for none.
  std::string_view protocol() const noexcept;
  /// What the client asked for (SNI); "" where it named nobody.
  std::string_view server_name() const noexcept;
  /// Whether an earlier session was taken up, without certificates being shown.
  bool resumed() const noexcept;
  /// What the peer showed, now or when the session began.
  std::optional<certificate_facts> peer_certificate() const;

  struct state;  // src/tls/stream_state.hpp
  explicit stream(state& begun) noexcept : state_(&begun) {}

 private:
  state* state_ = nullptr;
};

/// Does a client's handshake over `wire`: `co_await tls::connect(std::move(tcp), "example.com",
/// context)`. `server` is the host name or the numeric address that the peer has to prove to be.
/// Throws `error` with `errc::untrusted` where it can't, and says why; `wire` is closed then.
task<stream> connect(any_stream wire, std::string server, const context& of,
                     stream_options options = {});

/// Does a server's handshake over `wire`.
task<stream> accept(any_stream wire, const context& of, stream_options options = {});

}  // namespace rondo::tls

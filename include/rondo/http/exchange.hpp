#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/http/parse_error.hpp>
#include <rondo/http/request_head.hpp>
#include <rondo/http/response_head_writer.hpp>
#include <rondo/os/address.hpp>
#include <rondo/task/task.hpp>

namespace rondo {
class byte_layer;
}  // namespace rondo

namespace rondo::http {

class connection;

/// One request and its answer, in the hands of a `handler`. Every exchange is answered exactly
/// once: whole (`respond`) or in pieces (`begin`, then `write`). Thread: the loop's. Lifetime:
/// until the handler's task has ended, or until `handle` returns where it needs no task.
class exchange {
 public:
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// Good, with all its views, as long as the exchange.
  const request_head& request() const noexcept;
  /// The time of day, by the loop's clock.
  std::int64_t unix_second() const;
  /// Who asks; empty where the connection is gone already.
  socket_address peer() const;

  /// What stands between the client and the server (see server_options::layers), or null.
  const byte_layer* layer() const noexcept;

  /// Answers whole. Content-Length, Date and Connection are set here; the answer to HEAD loses its
  /// body and keeps its length. Throws std::invalid_argument for a field that would break the head,
  /// and std::logic_error for a second answer.
  void respond(int status, std::string_view content_type, std::string_view body);
  /// The same with a header line that was checked when the program was compiled, which costs least:
  /// `static constexpr field_literal plain("Content-Type: text/plain; charset=utf-8");`
  template <std::same_as<field_literal> Line>
  void respond(int status, Line line, std::string_view body) {
    respond_with(status, line, body);
  }
  void respond(int status, std::span<const field> fields, std::string_view body);

  /// Begins an answer in pieces: of `size` bytes in all, or of unknown length (chunked; for
  /// HTTP/1.0 the end of the connection is the end of the body). Throws as `respond` does.
  void begin(int status, std::span<const field> fields, std::optional<std::uint64_t> size = {});
  /// Sends a piece; suspends while the client does not take what was sent before, so an answer of
  /// any size costs bounded memory. Throws `error` where the client is gone, std::logic_error for
  /// more bytes than announced.
  task<> write(std::string_view bytes);
  /// Sends at once what was written: otherwise small pieces are collected. For answers that go on
  /// for long, such as server-sent events. Throws as `write` does.
  task<> flush();

  /// The next piece of the request's body; empty at its end. Good until the next call. Tells a
  /// client that waits for it to go on (100 Continue). Throws `error` where the client is gone, too
  /// slow, or breaks the framing of the body (which then is answered with a 400 or a 413).
  task<std::string_view> read_body();
  /// All of it, within the server's limit for a body.
  task<std::string> whole_body();

  bool answered() const noexcept { return stage_ != stage::unanswered; }
  int status() const noexcept { return status_; }
  /// Bytes of the answer's body so far.
  std::uint64_t body_bytes() const noexcept { return sent_; }

 private:
  friend class connection;
  friend class room_for_piece;
  friend struct workspace;

  enum class stage : std::uint8_t { unanswered, sized, chunked, until_close, complete };

  exchange() noexcept = default;
  void open(connection& on) noexcept;
  template <class WriteFields>
  void put_head(int status, std::size_t room, std::optional<std::uint64_t> size,
                std::string_view body, WriteFields write_fields);
  void put_head(int status, std::span<const field> fields, std::optional<std::uint64_t> size,
                std::string_view body);
  void respond_with(int status, field_literal line, std::string_view body);
  void put_plain(std::string_view line, std::string_view body);
  void respond_otherwise(int status, field_literal line, std::string_view body);
  bool is_silent(int status) const noexcept;
  void put_piece(std::string_view bytes);
  task<> finish();
  void refuse(connection& on, parse_error why);
  bool ended() const noexcept { return stage_ == stage::complete; }

  connection* connection_ = nullptr;
  std::uint64_t announced_ = 0;  // bytes of a sized answer
  std::uint64_t sent_ = 0;
  int status_ = 0;
  stage stage_ = stage::unanswered;
  bool continued_ = false;  // 100 Continue was sent, or is not wanted
};

/// How a handler answers: `return http::at_once;` where it has done so already, or the task that
/// will.
class [[nodiscard]] handling {
 public:
  struct at_once_t {};

  handling(at_once_t) noexcept {}                             // NOLINT(google-explicit-constructor)
  handling(task<> work) noexcept : work_(std::move(work)) {}  // NOLINT(google-explicit-constructor)

  task<>& work() noexcept { return work_; }

 private:
  task<> work_;
};

/// The exchange was answered before `handle` returned.
inline constexpr handling::at_once_t at_once;

/// Whoever answers requests. Thread: the loop's.
class handler {
 public:
  virtual ~handler() = default;

  /// Answers `x` at once, or returns a task that answers it. What either throws is a 500 where
  /// nothing was sent yet, and otherwise the end of the connection.
  virtual handling handle(exchange& x) = 0;
};

}  // namespace rondo::http

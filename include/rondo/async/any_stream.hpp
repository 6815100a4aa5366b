#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/async/byte_stream.hpp>
#include <rondo/base/owned.hpp>

namespace rondo {

/// Any stream of bytes, owned, its type forgotten: what a protocol takes that does not care what it
/// runs over. Costs one virtual call and one pooled frame a read or write; every promise of the
/// stream inside (order, cancels, what is kept) holds as it is.
///
/// Thread and lifetime: those of the stream inside.
class any_stream {
 public:
  any_stream() noexcept = default;  ///< none: every await on it throws `errc::closed`

  /// Takes over `stream`.
  template <byte_stream S>
    requires(!std::same_as<S, any_stream> && std::is_object_v<S>)
  any_stream(S stream)  // NOLINT(google-explicit-constructor): where one is asked for, any will do
      : held_(new whole<S>(std::move(stream))) {}

  /// Two that lead one way each, such as the pipes of a child. The end of writing closes `sink`.
  template <byte_source Source, byte_sink Sink>
  any_stream(Source source, Sink sink)
      : held_(new halves<Source, Sink>(std::move(source), std::move(sink))) {}

  /// At least one byte, at most `into.size()`; 0 at the end.
  RONDO_COROUTINE_WRAPPER task<std::size_t> read(std::span<std::byte> into) {
    return held_ ? held_->read(into) : read_nothing();
  }
  /// All of it. After a failure or a cancel some of it may have gone.
  RONDO_COROUTINE_WRAPPER task<> write_all(std::span<const std::byte> bytes) {
    return held_ ? held_->write_all(bytes) : do_nothing("write to");
  }
  RONDO_COROUTINE_WRAPPER task<> write_all(std::string_view text) {
    return write_all(std::as_bytes(std::span(text)));
  }
  /// No more is written: the peer reads the end after what was. Reading goes on.
  RONDO_COROUTINE_WRAPPER task<> shutdown() {
    return held_ ? held_->shutdown() : do_nothing("shut down");
  }
  /// Ends what is awaited (`errc::closed`) and closes both directions. Idempotent.
  void close() noexcept {
    if (held_) held_->close();
  }
  /// Whether there is a stream inside, closed or not.
  explicit operator bool() const noexcept { return static_cast<bool>(held_); }

 private:
  struct face {
    face() noexcept = default;
    face(const face&) = delete;
    face& operator=(const face&) = delete;
    virtual ~face() = default;
    virtual task<std::size_t> read(std::span<std::byte> into) = 0;
    virtual task<> write_all(std::span<const std::byte> bytes) = 0;
    virtual task<> shutdown() = 0;
    virtual void close() noexcept = 0;
  };

  template <class S>
  struct whole final : face {
    explicit whole(S s) : stream(std::move(s)) {}
    RONDO_COROUTINE_WRAPPER task<std::size_t> read(std::span<std::byte> into) override {
      return as_task(stream.read(into));
    }
    RONDO_COROUTINE_WRAPPER task<> write_all(std::span<const std::byte> bytes) override {
      return as_task(stream.write_all(bytes));
    }
    RONDO_COROUTINE_WRAPPER task<> shutdown() override {
      if constexpr (awaitable<decltype(stream.shutdown())>) {
        return as_task(stream.shutdown());
      } else {
        return told(stream.shutdown());
      }
    }
    void close() noexcept override { stream.close(); }

    S stream;
  };

  template <class Source, class Sink>
  struct halves final : face {
    halves(Source from, Sink to) : source(std::move(from)), sink(std::move(to)) {}
    RONDO_COROUTINE_WRAPPER task<std::size_t> read(std::span<std::byte> into) override {
      return as_task(source.read(into));
    }
    RONDO_COROUTINE_WRAPPER task<> write_all(std::span<const std::byte> bytes) override {
      return as_task(sink.write_all(bytes));
    }
    RONDO_COROUTINE_WRAPPER task<> shutdown() override {
      sink.close();
      return told({});
    }
    void close() noexcept override {
      source.close();
      sink.close();
    }

    Source source;
    Sink sink;
  };

  static task<> told(result<void> outcome);
  static task<std::size_t> read_nothing();
  static task<> do_nothing(const char* operation);

  owned<face> held_;
};

}  // namespace rondo

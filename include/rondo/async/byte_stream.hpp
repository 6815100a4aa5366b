#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <rondo/base/result.hpp>
#include <rondo/task/awaitable.hpp>

namespace rondo {

/// What `co_await` takes, and yields exactly a T from.
template <class A, class T>
concept awaitable_of = awaitable<A> && std::same_as<await_result_t<A>, T>;

/// Bytes come out of it: `read` yields at least one byte and at most what there is room for, 0 at
/// the end; cancelled, it has taken nothing. `close` ends what is awaited.
template <class S>
concept byte_source = requires(S& s, std::span<std::byte> into) {
  { s.read(into) } -> awaitable_of<std::size_t>;
  { s.close() } noexcept;
};

/// Bytes go into it: `write_all` returns once all of them have been taken over.
template <class S>
concept byte_sink = requires(S& s, std::span<const std::byte> from) {
  { s.write_all(from) } -> awaitable_of<void>;
  { s.close() } noexcept;
};

/// Both, one direction independent of the other. `shutdown` ends the writing one, at once (and
/// returns a result<void>) or as an await; the peer then reads the end.
template <class S>
concept byte_stream = byte_source<S> && byte_sink<S> && (
    requires(S& s) { { s.shutdown() } -> std::same_as<result<void>>; } ||
    requires(S& s) { { s.shutdown() } -> awaitable_of<void>; });

}  // namespace rondo

#pragma once

#include <rondo/net/stream_socket.hpp>

namespace rondo {

/// What stays with a stream between two reads. Rare, so the stream pays a pointer for it.
struct stream_socket::kept_bytes {
  explicit kept_bytes(std::size_t count)
      : block(new std::byte[count]), begin(block), end(block + count) {}
  kept_bytes(const kept_bytes&) = delete;
  ~kept_bytes() { delete[] block; }

  std::size_t size() const noexcept { return static_cast<std::size_t>(end - begin); }

  std::byte* block;
  std::byte* begin;
  std::byte* end;
};

}  // namespace rondo

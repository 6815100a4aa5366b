#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <rondo/base/owned.hpp>
#include <rondo/base/result.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

class stream_socket;

/// What stands between the bytes that a protocol speaks and those on the wire, such as TLS. It does
/// no I/O: who has the socket feeds it, and sends what it makes. One for each connection.
///
/// After a failure it is of no more use, but for what it still has to tell the peer: `end`.
/// Thread: one at a time.
class byte_layer {
 public:
  byte_layer() noexcept = default;
  byte_layer(const byte_layer&) = delete;
  byte_layer& operator=(const byte_layer&) = delete;
  virtual ~byte_layer() = default;

  /// Takes all of `wire`, which may be empty, and appends to `plain` what it means, which may be
  /// nothing yet. False once the peer has said that it ends.
  virtual result<bool> decode(std::span<const std::byte> wire, std::string& plain) = 0;
  /// Appends to `wire` what makes the peer read `plain`.
  virtual result<void> encode(std::span<const std::byte> plain, std::string& wire) = 0;
  /// Appends to `wire` what tells the peer that nothing more comes, or what went wrong.
  virtual void end(std::string& wire) = 0;
};

/// Where layers come from: what a server puts between itself and each of its clients.
/// Thread: any; several at once.
class byte_layer_source {
 public:
  virtual ~byte_layer_source() = default;

  /// Comes to an agreement with who has connected. Throws `error` where there is none; takes its
  /// own time for that, but not for ever. `wire` outlives the task.
  virtual task<owned<byte_layer>> accept(stream_socket& wire) = 0;
};

}  // namespace rondo

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <rondo/os/datagram.hpp>

namespace rondo {

/// One datagram that was received, in the caller's buffer.
struct datagram {
  std::span<std::byte> bytes;
  socket_address from;
  bool truncated = false;  ///< it was longer than the buffer; the rest is gone

  /// Where the socket was made with `coalesce` and several of one sender came at once, the size of
  /// each in `bytes`, of which the last may be shorter. Otherwise that of `bytes`.
  std::size_t segment_size = 0;
  std::size_t segments() const noexcept {
    return segment_size == 0 ? 1 : (bytes.size() + segment_size - 1) / segment_size;
  }
  std::span<std::byte> segment(std::size_t index) const noexcept {
    const std::span<std::byte> rest = bytes.subspan(index * segment_size);
    return rest.first(rest.size() < segment_size ? rest.size() : segment_size);
  }

  socket_address local;         ///< with `tell_target`: the address it was sent to; no port
  std::uint32_t interface = 0;  ///< with `tell_target`: the number of the interface it came by
  ecn congestion = ecn::none;   ///< with `tell_ecn`

  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

/// One datagram to be sent. What it names is used until the await ends.
struct outgoing_datagram {
  outgoing_datagram() noexcept = default;
  /// To the peer of a connected socket.
  explicit outgoing_datagram(std::span<const std::byte> of) noexcept : bytes(of) {}
  explicit outgoing_datagram(std::string_view text) noexcept
      : bytes(std::as_bytes(std::span(text))) {}
  outgoing_datagram(std::span<const std::byte> of, const socket_address& receiver) noexcept
      : bytes(of), to(receiver) {}
  outgoing_datagram(std::string_view text, const socket_address& receiver) noexcept
      : bytes(std::as_bytes(std::span(text))), to(receiver) {}

  std::span<const std::byte> bytes;
  socket_address to;            ///< empty: the socket's peer
  socket_address local;         ///< the address of this machine to send it from; empty: any
  std::uint32_t interface = 0;  ///< the number of the interface to send it by; 0: any
  ecn congestion = ecn::none;
};

/// Room for many datagrams, to be received with one system call. Make it once and use it again and
/// again; what it holds is overwritten by the next receive.
class datagram_batch {
 public:
  /// `count`: how many at most; `size`: how long each may be (with `coalesce`: 65,535).
  datagram_batch(std::size_t count, std::size_t size);
  datagram_batch(const datagram_batch&) = delete;
  datagram_batch& operator=(const datagram_batch&) = delete;

  /// What the last receive has brought.
  std::span<const datagram> received() const noexcept { return {received_.data(), filled_}; }
  auto begin() const noexcept { return received().begin(); }
  auto end() const noexcept { return received().end(); }
  std::size_t size() const noexcept { return filled_; }
  const datagram& operator[](std::size_t index) const noexcept { return received_[index]; }

 private:
  friend class udp_receive_many_awaiter;

  /// What a slot points to.
  struct surroundings {
    const_buffer piece;
    socket_address from;
    alignas(8) std::byte control[os::datagram_control_size];
  };

  void prepare(bool with_extras) noexcept;
  void fill(std::size_t count) noexcept;

  std::vector<std::byte> room_;
  std::vector<os::message_slot> slots_;
  std::vector<surroundings> around_;
  std::vector<datagram> received_;
  std::size_t filled_ = 0;
  bool with_extras_ = false;
  std::size_t used_;  // slots that the kernel may have changed since they were prepared
};

}  // namespace rondo

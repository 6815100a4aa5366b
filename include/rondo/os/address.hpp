#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rondo/base/result.hpp>

namespace rondo {

/// An IPv4 or IPv6 address with its port: the kernel's own bytes, copied by value.
class socket_address {
 public:
  /// None: family 0, no bytes.
  socket_address() noexcept = default;

  /// "127.0.0.1:80", "[::1]:80", ":80" (any IPv4 address), "*:80" (any, IPv6 and IPv4). Numbers
  /// only: no name is looked up. The scope that a link-local IPv6 address needs is an interface's
  /// number or name, "[fe80::1%2]:80" or "[fe80::1%eth0]:80" (RFC 4007), and is refused on others.
  /// Fails with `errc::invalid_argument`, saying what was expected.
  static result<socket_address> parse(std::string_view text);

  /// `host` a numeric address without brackets or port.
  static result<socket_address> from_host(std::string_view host, std::uint16_t port);

  /// The bytes of a sockaddr, as the system gives them. Fails with `errc::not_supported` where
  /// they are of another family than these two.
  static result<socket_address> from_bytes(const void* sockaddr, std::size_t size);
  /// The same host at another port.
  socket_address with_port(std::uint16_t port) const noexcept;

  bool is_v6() const noexcept;
  std::uint16_t port() const noexcept;
  /// "127.0.0.1" or "::1" or "fe80::1%2"; the scope always as a number.
  std::string host() const;
  /// As `parse` takes it.
  std::string to_string() const;

  /// The bytes of a sockaddr, for system calls.
  const void* data() const noexcept { return bytes_; }
  void* data() noexcept { return bytes_; }
  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t* size_address() noexcept { return &size_; }
  static constexpr std::uint32_t capacity = 28;  // sizeof(sockaddr_in6)

  /// Makes room for a system call that writes an address here.
  void prepare_to_receive() noexcept { size_ = capacity; }

  friend bool operator==(const socket_address&, const socket_address&) noexcept;

 private:
  alignas(4) unsigned char bytes_[capacity] = {};
  std::uint32_t size_ = 0;
};

}  // namespace rondo

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/net/tcp_stream.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// "example.com:443" in its two parts.
struct host_and_port {
  /// Nothing where `text` is no such thing; a numeric address has been taken out before.
  static std::optional<host_and_port> parse(std::string_view text) noexcept;

  std::string_view host;
  std::uint16_t port = 0;
};

/// In which order addresses are tried: the families in turn, IPv6 first, each in the order in which
/// its addresses came.
class address_order {
 public:
  void add(const std::vector<socket_address>& addresses);
  /// The next one, or nothing.
  std::optional<socket_address> next();

 private:
  std::deque<socket_address> v6_;
  std::deque<socket_address> v4_;
  bool v4_is_next_ = false;
};

/// Happy Eyeballs (RFC 8305). Throws `error` or `cancelled`.
task<tcp_stream> connect_by_name(std::string host, std::uint16_t port, connect_options options,
                                 std::source_location where);

}  // namespace rondo

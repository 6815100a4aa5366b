#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <rondo/os/address.hpp>

#include "dns/reply.hpp"

namespace rondo::dns::detail {

/// What a hosts file says (hosts(5)): an address a line, then its names. Lines that make no sense
/// are passed over.
class hosts_table {
 public:
  explicit hosts_table(std::string_view text);

  /// An answer out of the file to a question about `name`, or nothing. A name that has addresses
  /// here has no others: where none is of the kind that was asked for, that is the answer.
  std::optional<reply> find(question what, std::string_view name) const;

 private:
  void add_line(std::string_view line);

  std::unordered_map<std::string, std::vector<socket_address>> by_name_;
  std::unordered_map<std::string, std::vector<std::string>> by_address_;  // as in its PTR name
};

/// Under which name the name of an address is asked for: "1.0.0.127.in-addr.arpa".
std::string pointer_name(const socket_address& address);

}  // namespace rondo::dns::detail

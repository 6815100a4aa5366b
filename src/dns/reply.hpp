#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondo/base/error.hpp>
#include <rondo/base/time.hpp>
#include <rondo/dns/records.hpp>
#include <rondo/os/address.hpp>

namespace rondo::dns::detail {

class hosts_table;

/// What can be asked: the first letter of a question's key.
enum class question : char {
  system_any = '*',
  system_v4 = '4',
  system_v6 = '6',
  hosts_file = 'h',
  a = 'a',
  aaaa = 'q',
  srv = 's',
  txt = 't',
  mx = 'm',
  ptr = 'p',
};

/// An answer as it is kept and handed to all who asked: never changed once it has come, so that
/// tasks may take it along to other threads. Of the lists the one that was asked for is filled.
struct reply {
  std::optional<error> failure;
  std::vector<socket_address> addresses;
  std::vector<srv_record> services;
  std::vector<mx_record> exchanges;
  std::vector<std::string> texts;  ///< of TXT, or the names of PTR
  std::shared_ptr<const hosts_table> hosts;
  std::string canonical;
  /// How long it is good; zero where it must not be kept.
  duration ttl;
  instant came;  ///< on the loop's clock
};

using reply_ptr = std::shared_ptr<const reply>;

}  // namespace rondo::dns::detail
